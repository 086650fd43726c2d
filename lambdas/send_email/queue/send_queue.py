"""SendQueue: puts jobs on the send queue, and reads them from its records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from send_email.sending.job import SendJob

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

__all__ = [
    "MessageTooLargeError", "QueueError", "SendQueue", "ensure_fits", "has_service_attributes", "read_job",
]  # fmt: skip

ATTRIBUTES = {
    "email_id": re.compile(EMAIL_ID),
    "fingerprint": re.compile("[0-9a-f]{64}"),
    "retry_count": re.compile("[0-9]{1,3}"),
    "postpone_count": re.compile("[0-9]{1,2}"),
    "chunk": re.compile("[1-9][0-9]{0,3}"),
}

REQUIRED = {"email_id", "fingerprint", "retry_count"}

Entry = dict[str, Any]


class QueueError(Exception):
    """SQS refused the call or could not be reached; the cause says why. Try again later."""


class MessageTooLargeError(Exception):
    """An email is too large for the queue; it can still be sent in the call."""


class SendQueue:
    """The queue, by its boto3 client.

    Beside the message, which is the wire contract, travel attributes that only this service
    writes: they tell a chunk and a second try from a request that has just come in.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        """Put the jobs on the queue, ten a call.

        Raises:
            MessageTooLargeError: one has over 1 MiB; those before it may be on the queue.
            QueueError: some may be on the queue. All can be put again: their claims tell them.
        """
        entries = (
            {"Id": str(number), **_entry(one, delay_seconds)} for number, one in enumerate(jobs)
        )
        for batch in batches(entries, _size, SQS_SIZE_LIMIT):
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=batch,  # type: ignore[arg-type]
                )
            except (ClientError, BotoCoreError) as error:
                raise QueueError(f"SendMessageBatch: {error}") from error
            if failed := answer.get("Failed"):
                raise QueueError(f"SendMessageBatch: {failed[0]['Code']}")


def ensure_fits(jobs: Sequence[SendJob]) -> None:
    """Make sure that the queue takes them, before anything is noted or done.

    Raises:
        MessageTooLargeError: one has over 1 MiB.
    """
    for one in jobs:  # one at a time: the chunks of one email may be hundreds of MB
        _size(_entry(one, 0))


def read_job(record_id: str, body: str, attributes: Mapping[str, str]) -> SendJob:
    """Read an SQS record: its id becomes the email's where the request names none.

    Raises:
        InvalidMessageError: naming every field that breaks a rule.
    """
    request = EmailRequest.from_json(body)
    if "email_id" not in attributes:
        return SendJob.of(request.idempotency_key or record_id, request.message)
    return SendJob(
        email_id=_attribute("email_id", attributes),
        message=request.message,
        fingerprint=_attribute("fingerprint", attributes),
        chunk=int(_attribute("chunk", attributes)) if "chunk" in attributes else None,
        retry_count=int(_attribute("retry_count", attributes)),
        postpone_count=int(_attribute("postpone_count", attributes))
        if "postpone_count" in attributes
        else 0,
    )


def has_service_attributes(attributes: Mapping[str, str]) -> bool:
    """Tell whether a record has the attributes with which this service puts it on the queue."""
    written = {name: value for name, value in attributes.items() if name in ATTRIBUTES}
    return written.keys() >= REQUIRED and all(
        ATTRIBUTES[name].fullmatch(value) for name, value in written.items()
    )


def _attribute(name: str, attributes: Mapping[str, str]) -> str:
    """Take only values that this service writes: anybody can put attributes on a record."""
    value = attributes.get(name, "")
    if not ATTRIBUTES[name].fullmatch(value):
        rule = f"must match {ATTRIBUTES[name].pattern}: only this service writes it"
        raise InvalidMessageError.of(f"(message attribute {name})", rule)
    return value


def _entry(job: SendJob, delay_seconds: int) -> Entry:
    attributes = {
        "email_id": job.email_id,
        "fingerprint": job.fingerprint,
        # Always as long: what fitted the queue once fits it again.
        "retry_count": f"{job.retry_count:03}",
        "postpone_count": f"{job.postpone_count:02}",
    }
    if job.chunk is not None:
        attributes["chunk"] = str(job.chunk)
    return {
        "MessageBody": job.message.to_json(),
        "DelaySeconds": delay_seconds,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    }


def _size(entry: Entry) -> int:
    attributes = entry["MessageAttributes"].items()
    size = len(entry["MessageBody"].encode()) + sum(
        len(name) + len(one["DataType"]) + len(one["StringValue"]) for name, one in attributes
    )
    if size > SQS_SIZE_LIMIT:
        rule = f"the email has {size} bytes as JSON, the queue takes {SQS_SIZE_LIMIT}"
        raise MessageTooLargeError(rule)
    return size
