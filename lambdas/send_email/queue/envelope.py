"""The format of the send queue: a request, in an envelope with the notes of a job.

A producer writes a bare request. The service writes the notes of a job around it. The notes are
part of the body, because a producer may set any message attribute: a tracing header, a binary
value, a name like ours. SQS takes ten of them, so there may be no room for one more.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
A request has no such field, so that no valid request of a producer looks like an envelope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.stream import Stream
from send_email.sending.errors import MessageTooLargeError
from send_email.sending.job import SendJob

__all__ = [
    "ORIGINAL_MESSAGE_ID",
    "body_size",
    "is_job",
    "open_envelope",
    "read_job",
    "seal",
    "write_job",
]

NOTES = {
    "email_id": EMAIL_ID,
    "fingerprint": re.compile("[0-9a-f]{64}"),
    "retry_count": re.compile("[0-9]{3}"),
    "postpone_count": re.compile("[0-9]{2}"),
    "chunk": re.compile("[0-9]{4,}"),
    "stream": re.compile("|".join(Stream)),
}
"""The notes of a job, by their forms."""
OPTIONAL = {"chunk", "stream"}
ORIGINAL_MESSAGE_ID = "original_message_id"
"""The note with the record's first id, which `make redrive` adds to a dead letter."""
NOTES_FIELD = "amsdal_mail"
BEFORE = f'{{"{NOTES_FIELD}": '
BETWEEN = ', "request": '
AFTER = "}"
LONGEST_NOTES = 1000
"""Characters. The notes are some 300."""


def write_job(job: SendJob) -> str:
    """Return the body of the message with a job.

    Raises:
        MessageTooLargeError: the queue does not take a body of this size.
    """
    notes = {
        "email_id": job.email_id,
        "fingerprint": job.fingerprint,
        # Always of the same length: a job that fitted the queue once fits it again.
        "retry_count": f"{job.retry_count:03}",
        "postpone_count": f"{job.postpone_count:02}",
        "stream": job.stream.value,
    }
    if job.chunk is not None:
        notes["chunk"] = f"{job.chunk:04}"
    body = seal(notes, job.json)
    size = body_size(body)
    if size > SQS_SIZE_LIMIT:
        rule = f"The email has {size} bytes as JSON; the queue takes at most {SQS_SIZE_LIMIT}."
        raise MessageTooLargeError(rule)
    return body


def read_job(record_id: str, body: str, queue_stream: Stream | None = None) -> SendJob:
    """Read an SQS record. Its id becomes the `email_id` of a request without an idempotency key.

    A request that names no stream is bulk mail on the queue of bulk mail. Elsewhere, the number of
    its recipients decides.

    Raises:
        InvalidMessageError: names every invalid field.
    """
    notes, request_json = open_envelope(body)
    if not is_job(notes) and notes.keys() - {ORIGINAL_MESSAGE_ID}:
        raise InvalidMessageError.for_field(NOTES_FIELD, "only this service writes this field")
    request = EmailRequest.from_json(request_json)
    if not is_job(notes):
        of_queue = queue_stream if queue_stream is Stream.BULK else None
        stream = request.stream or of_queue
        return SendJob.from_message(request.idempotency_key or record_id, request.message, stream)
    # A job that an earlier version queued names no stream. Its chunks are bulk mail.
    default = Stream.BULK if "chunk" in notes else Stream.TRANSACTIONAL
    return SendJob(
        email_id=notes["email_id"],
        message=request.message,
        fingerprint=notes["fingerprint"],
        stream=Stream(notes.get("stream", default)),
        chunk=int(notes["chunk"]) if "chunk" in notes else None,
        retry_count=int(notes["retry_count"]),
        postpone_count=int(notes["postpone_count"]),
    )


def is_job(notes: Mapping[str, str]) -> bool:
    """Return whether the notes are those of a job that this service queued."""
    return NOTES.keys() - OPTIONAL <= notes.keys() and all(
        NOTES[name].fullmatch(note) for name, note in notes.items() if name in NOTES
    )


def body_size(body: str) -> int:
    """Return the size of a message as SQS counts it. There are no attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    return len(body.encode())


def seal(notes: Mapping[str, str], request: str) -> str:
    """Return a body with the notes and the JSON of the request."""
    return f"{BEFORE}{json.dumps(notes)}{BETWEEN}{request}{AFTER}"


def open_envelope(body: str) -> tuple[Mapping[str, str], str]:
    """Return the notes and the JSON of the request. A body without an envelope has no notes.

    The request is not parsed: it may have a megabyte.
    """
    end = body.find(BETWEEN, 0, LONGEST_NOTES)
    if not (body.startswith(BEFORE) and end > 0 and body.endswith(AFTER)):
        return {}, body
    try:
        notes = json.loads(body[len(BEFORE) : end])
    except (ValueError, RecursionError):
        return {}, body
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        return {}, body
    return notes, body[end + len(BETWEEN) : -len(AFTER)]
