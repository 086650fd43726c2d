"""The jobs of the send queue: requests, in envelopes with the notes of a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.envelope import NOTES_FIELD, ORIGINAL_MESSAGE_ID, SENT_AT, open_envelope, seal
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.stored_request import StoredRequest
from amsdal_mail.stream import Stream
from email_store.claims import SendUnit
from send_email.sending.errors import MessageTooLargeError
from send_email.sending.job import SendJob
from send_email.sending.recipients import restrict_to
from send_email.sending.timing import Timing

if TYPE_CHECKING:
    from send_email.sending.content_store import ContentStore

__all__ = [
    "body_size",
    "is_job",
    "names_content",
    "noted_time",
    "read_job",
    "recipients_of",
    "unit_of",
    "write_job",
]

NOTES = {
    "email_id": EMAIL_ID,
    "fingerprint": re.compile("[0-9a-f]{64}"),
    "retry_count": re.compile("[0-9]{3}"),
    "postpone_count": re.compile("[0-9]{2}"),
    "chunk": re.compile("[0-9]{4,}"),
    "stream": re.compile("|".join(Stream)),
    "send_at": re.compile("[0-9]{1,12}"),
    "expires_at": re.compile("[0-9]{1,12}"),
}
"""The notes of a job, by their forms."""
OPTIONAL = {"chunk", "stream", "send_at", "expires_at"}
MILLISECONDS = re.compile("[0-9]{1,15}")


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


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
    if job.record_id:
        notes[ORIGINAL_MESSAGE_ID] = job.record_id
    for name, moment in job.timing._asdict().items():
        if moment is not None:
            notes[name] = f"{max(0.0, moment.timestamp()):.0f}"
    body = seal(notes, _request(job))
    size = body_size(body)
    if size > SQS_SIZE_LIMIT:
        rule = f"The email has {size} bytes as JSON; the queue takes at most {SQS_SIZE_LIMIT}."
        raise MessageTooLargeError(rule)
    return body


def read_job(
    record_id: str,
    body: str,
    contents: ContentStore,
    queue_stream: Stream | None = None,
    accepted_at: Callable[[], datetime] = now,
) -> SendJob:
    """Read an SQS record. Its id becomes the `email_id` of a request without an idempotency key.

    A request that names no stream is bulk mail on the queue of bulk mail. Elsewhere, the number of
    its recipients decides. `accepted_at` returns when its producer put it on the queue.

    Raises:
        InvalidMessageError: names every invalid field.
        ContentMissingError: the request is not in the bucket any more.
        ContentStoreError: the request cannot be read from the bucket now.
    """
    notes, request_json = open_envelope(body)
    if not is_job(notes) and notes.keys() - {ORIGINAL_MESSAGE_ID, SENT_AT}:
        raise InvalidMessageError.for_field(NOTES_FIELD, "only this service writes this field")
    stored = StoredRequest.from_json(request_json) if names_content(request_json) else None
    request = EmailRequest.from_json(contents.get(stored.content) if stored else request_json)
    content = stored.content if stored else None
    if not is_job(notes):
        of_queue = queue_stream if queue_stream is Stream.BULK else None
        key, stream = request.idempotency_key or record_id, request.stream or of_queue
        job = SendJob.from_request(key, request, accepted_at, stream)
        return replace(job, stored=content, record_id=record_id)
    message = request.message
    if stored and stored.only:
        message = restrict_to(message, set(stored.only)) or message
    unit = unit_of(notes)
    # A job that an earlier version queued names no stream. Its chunks are bulk mail.
    default = Stream.TRANSACTIONAL if unit.chunk is None else Stream.BULK
    return SendJob(
        email_id=unit.email_id,
        message=message,
        record_id=notes.get(ORIGINAL_MESSAGE_ID, ""),
        stored=content,
        fingerprint=notes["fingerprint"],
        stream=Stream(notes.get("stream", default)),
        chunk=unit.chunk,
        timing=_timing(notes),
        retry_count=int(notes["retry_count"]),
        postpone_count=int(notes["postpone_count"]),
    )


def noted_time(notes: Mapping[str, str]) -> datetime | None:
    """Return when a dead letter that was moved back was on the queue first, if it is noted."""
    noted = notes.get(SENT_AT, "")
    if not MILLISECONDS.fullmatch(noted):
        return None
    return datetime.fromtimestamp(int(noted) / 1000, UTC)


def _timing(notes: Mapping[str, str]) -> Timing:
    given = {name: int(notes[name]) for name in Timing._fields if name in notes}
    return Timing(**{name: datetime.fromtimestamp(at, UTC) for name, at in given.items()})


def _request(job: SendJob) -> str:
    if job.stored is None:
        return job.json
    # A job that is not yet split has all recipients of its request.
    only = tuple(job.addresses) if job.is_one_call else ()
    return StoredRequest(job.stored, only=only).to_json()


def recipients_of(request: str) -> Sequence[str]:
    """Return the addresses that are beside a request in the bucket. They outlive its content."""
    stored = StoredRequest.from_json(request)
    return stored.only if stored else ()


def names_content(request: str) -> bool:
    """Return whether the JSON of a request may name content that is read when it is sent."""
    return any(f'"{field}"' in request for field in ("stored_request", "s3_uri", "upload_id"))


def unit_of(notes: Mapping[str, str]) -> SendUnit:
    """Return the unit of a job, from its notes."""
    return SendUnit(notes["email_id"], int(notes["chunk"]) if "chunk" in notes else None)


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
