"""Sends the email in one SQS record."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.envelope import ORIGINAL_MESSAGE_ID, SENT_AT, open_envelope, seal
from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus
from send_email.queue.envelope import (
    is_job,
    names_content,
    noted_time,
    read_job,
    recipients_of,
    unit_of,
)
from send_email.queue.invalid_requests import read_invalid
from send_email.queue.timers import is_timer
from send_email.queue.wake import wake
from send_email.sending.content_store import ContentMissingError
from send_email.sending.errors import INVALID_EMAIL_ERRORS, email_field_errors
from send_email.sending.heavy_emails import NoRoomError
from send_email.sending.job import SendOutcome
from send_email.sending.lost_content import reject_lost
from send_email.sending.redelivery import accept_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from function_runtime.batch import QueueRecord
    from send_email.sending.hand_over import HandOverBudget
    from send_email.sending.job import SendJob
    from send_email.sending.service import SendService

__all__ = ["handle_record"]

CONTENT_GONE = FieldError(
    "stored_request", "is not in the bucket of the service (any more), or is too large"
)
PUT_BACK_SECONDS = 10
KEY_IN_USE = FieldError("idempotency_key", "belongs to another email")


def handle_record(
    service: SendService, record: QueueRecord, deadline: datetime, budget: HandOverBudget
) -> SendOutcome | None:
    """Send the email in an SQS record. An invalid email is stored as rejected.

    A record may be the timer of a scheduled email. Return None for one that came in vain.

    An email that is not of the queue's stream moves to the queue of its stream. A large email goes
    back on the queue when other records of the batch have used the budget, a heavy email when they
    have the memory.

    An invalid record that this service queued itself is raised, so that it becomes a dead letter.
    It was valid once: a rule has changed since, and its caller has the response `queued`.

    Raises:
        StoreError, QueueError, ContentStoreError, PoisonMessageError: SQS must deliver the record
            again.
        InvalidMessageError: of a record that this service queued.
    """
    notes, request = open_envelope(record.body)
    if is_timer(notes):
        return wake(service, notes["email_id"], deadline, budget)
    original_id = notes.get(ORIGINAL_MESSAGE_ID, "")
    record_id = original_id if EMAIL_ID.fullmatch(original_id) else record.message_id
    queue_stream = service.queue.stream_of(record.queue_name)
    try:
        with service.room(deadline) if names_content(request) else nullcontext():
            job = read_job(
                record_id,
                record.body,
                service.contents,
                queue_stream,
                lambda: noted_time(notes) or record.sent_at,
            )
            if not is_job(notes):
                try:
                    job = accept_record(service, job)
                except InvalidMessageError as error:
                    return service.reject(error.errors, [job.email_id], job.addresses)
            if job.is_one_call and queue_stream not in {None, job.stream}:
                return service.put_back(job, 0)
            return _send(service, job, record_id, deadline, budget)
    except INVALID_EMAIL_ERRORS as error:
        if is_job(notes):
            raise
        keys, addresses = read_invalid(request)
        return service.reject(email_field_errors(error), [*keys, record_id], addresses)
    except NoRoomError:
        stream = queue_stream or Stream.TRANSACTIONAL
        accepted_at = noted_time(notes) or record.sent_at
        return _put_again(service, stream, notes, request, record_id, accepted_at)
    except ContentMissingError:
        if is_job(notes):
            return reject_lost(
                service, unit_of(notes), notes["fingerprint"], recipients_of(request)
            )
        # A second delivery of an email that is done: then the id belongs to that email.
        (email_id, *_) = [*read_invalid(request).keys, record_id]
        return service.reject([CONTENT_GONE], [email_id])


def _put_again(
    service: SendService,
    stream: Stream,
    notes: Mapping[str, str],
    request: str,
    record_id: str,
    accepted_at: datetime,
) -> SendOutcome:
    """Put the record back for another invocation. A failed record would count its receives."""
    if not is_job(notes):  # it stays the request that came then
        milliseconds = int(accepted_at.timestamp() * 1000)
        notes = {ORIGINAL_MESSAGE_ID: record_id, SENT_AT: str(milliseconds)}
    body = seal(notes, request)
    service.queue.put_again(stream, body, PUT_BACK_SECONDS)
    return SendOutcome(email_id=record_id, claim=ClaimStatus.CLAIMED)


def _send(
    service: SendService, job: SendJob, record_id: str, deadline: datetime, budget: HandOverBudget
) -> SendOutcome:
    if not job.is_one_call:
        budget.ensure_fits(job)
        if not budget.take(job):
            return service.put_back(job, PUT_BACK_SECONDS)
    outcome = service.send(job, deadline)
    if outcome.claim is ClaimStatus.BUSY:
        service.postpone(job, outcome)
    if outcome.claim is ClaimStatus.CONFLICT:
        service.reject([KEY_IN_USE], [record_id], job.addresses)
    return outcome
