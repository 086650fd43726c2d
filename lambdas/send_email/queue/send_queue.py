"""SendQueue: writes jobs as SQS messages, and reads them back from SQS records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from send_email.sending.errors import MessageTooLargeError, QueueError
from send_email.sending.job import SendJob
from send_email.sending.ports import JobQueue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

__all__ = ["SendQueue", "has_service_attributes", "read_job"]

ATTRIBUTES = {
    "email_id": re.compile(EMAIL_ID),
    "fingerprint": re.compile("[0-9a-f]{64}"),
    "retry_count": re.compile("[0-9]{1,3}"),
    "postpone_count": re.compile("[0-9]{1,2}"),
    "chunk": re.compile("[1-9][0-9]{0,3}"),
}
"""The message attributes of a job, which only this service writes."""
REQUIRED = {"email_id", "fingerprint", "retry_count"}

Entry = dict[str, Any]


class SendQueue(JobQueue):
    """The send queue.

    The body of a message is the request as callers write it. The attributes make it a job.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    @override
    def put(self, jobs: Iterable[SendJob], delay_seconds: int = 0) -> None:
        entries = (
            {"Id": str(number), **_entry(job, delay_seconds)} for number, job in enumerate(jobs)
        )
        for batch in batches(entries, _size, SQS_SIZE_LIMIT):
            try:
                response = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=batch,  # type: ignore[arg-type]
                )
            except (ClientError, BotoCoreError) as error:
                raise QueueError(f"SendMessageBatch: {error}") from error
            if failed := response.get("Failed"):
                raise QueueError(f"SendMessageBatch: {failed[0]['Code']}")

    @override
    @staticmethod
    def ensure_fits(jobs: Iterable[SendJob]) -> None:
        for job in jobs:  # one by one: the chunks of one email may have hundreds of MB
            _size(_entry(job, 0))


def read_job(record_id: str, body: str, attributes: Mapping[str, str]) -> SendJob:
    """Read an SQS record. Its id becomes the `email_id` of a request without an idempotency key.

    Raises:
        InvalidMessageError: names every invalid field.
    """
    request = EmailRequest.from_json(body)
    if "email_id" not in attributes:
        return SendJob.from_message(request.idempotency_key or record_id, request.message)
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
    """Return whether a record has the attributes of a job that this service queued."""
    service_attributes = {name: value for name, value in attributes.items() if name in ATTRIBUTES}
    return service_attributes.keys() >= REQUIRED and all(
        ATTRIBUTES[name].fullmatch(value) for name, value in service_attributes.items()
    )


def _attribute(name: str, attributes: Mapping[str, str]) -> str:
    """Return a valid attribute: any sender may put attributes on a record."""
    value = attributes.get(name, "")
    if not ATTRIBUTES[name].fullmatch(value):
        rule = f"must match {ATTRIBUTES[name].pattern}; only this service writes it"
        raise InvalidMessageError.for_field(f"(message attribute {name})", rule)
    return value


def _entry(job: SendJob, delay_seconds: int) -> Entry:
    attributes = {
        "email_id": job.email_id,
        "fingerprint": job.fingerprint,
        # Always of the same length: a job that fitted the queue once fits it again.
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
    """Return the size as SQS counts it: the body, and names, types and values of the attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    size = len(entry["MessageBody"].encode()) + sum(
        len(name) + len(attribute["DataType"]) + len(attribute["StringValue"])
        for name, attribute in entry["MessageAttributes"].items()
    )
    if size > SQS_SIZE_LIMIT:
        rule = f"The email has {size} bytes as JSON; the queue takes at most {SQS_SIZE_LIMIT}."
        raise MessageTooLargeError(rule)
    return size
