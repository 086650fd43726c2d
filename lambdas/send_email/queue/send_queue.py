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
from send_email.queue.envelope import NOTES_FIELD, open_envelope, seal
from send_email.sending.errors import MessageTooLargeError, QueueError
from send_email.sending.job import SendJob
from send_email.sending.ports import JobQueue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

__all__ = ["ORIGINAL_MESSAGE_ID", "SendQueue", "is_job", "read_job"]

NOTES = {
    "email_id": re.compile(EMAIL_ID),
    "fingerprint": re.compile("[0-9a-f]{64}"),
    "retry_count": re.compile("[0-9]{3}"),
    "postpone_count": re.compile("[0-9]{2}"),
    "chunk": re.compile("[0-9]{4,}"),
}
"""The notes of a job, by their forms."""
OPTIONAL = {"chunk"}
ORIGINAL_MESSAGE_ID = "original_message_id"
"""The note with the record's first id, which `make redrive` adds to a dead letter."""

Entry = dict[str, Any]


class SendQueue(JobQueue):
    """The send queue.

    The body of a message is the request as callers write it, in an envelope with the notes of the
    job.
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


def read_job(record_id: str, body: str) -> SendJob:
    """Read an SQS record. Its id becomes the `email_id` of a request without an idempotency key.

    Raises:
        InvalidMessageError: names every invalid field.
    """
    notes, request_json = open_envelope(body)
    if not is_job(notes) and notes.keys() - {ORIGINAL_MESSAGE_ID}:
        raise InvalidMessageError.for_field(NOTES_FIELD, "only this service writes this field")
    request = EmailRequest.from_json(request_json)
    if not is_job(notes):
        return SendJob.from_message(request.idempotency_key or record_id, request.message)
    return SendJob(
        email_id=notes["email_id"],
        message=request.message,
        fingerprint=notes["fingerprint"],
        chunk=int(notes["chunk"]) if "chunk" in notes else None,
        retry_count=int(notes["retry_count"]),
        postpone_count=int(notes["postpone_count"]),
    )


def is_job(notes: Mapping[str, str]) -> bool:
    """Return whether the notes are those of a job that this service queued."""
    return NOTES.keys() - OPTIONAL <= notes.keys() and all(
        NOTES[name].fullmatch(note) for name, note in notes.items() if name in NOTES
    )


def _entry(job: SendJob, delay_seconds: int) -> Entry:
    notes = {
        "email_id": job.email_id,
        "fingerprint": job.fingerprint,
        # Always of the same length: a job that fitted the queue once fits it again.
        "retry_count": f"{job.retry_count:03}",
        "postpone_count": f"{job.postpone_count:02}",
    }
    if job.chunk is not None:
        notes["chunk"] = f"{job.chunk:04}"
    return {"MessageBody": seal(notes, job.message.to_json()), "DelaySeconds": delay_seconds}


def _size(entry: Entry) -> int:
    """Return the size as SQS counts it. There are no attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    size = len(entry["MessageBody"].encode())
    if size > SQS_SIZE_LIMIT:
        rule = f"The email has {size} bytes as JSON; the queue takes at most {SQS_SIZE_LIMIT}."
        raise MessageTooLargeError(rule)
    return size
