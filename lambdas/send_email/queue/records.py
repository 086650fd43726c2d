"""Sends the email in one SQS record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import FieldError
from email_store.claims import ClaimStatus
from send_email.queue.envelope import (
    ORIGINAL_MESSAGE_ID,
    is_job,
    open_envelope,
    read_job,
    write_job,
)
from send_email.sending.errors import INVALID_EMAIL_ERRORS, email_field_errors

if TYPE_CHECKING:
    from datetime import datetime

    from function_runtime.batch import QueueRecord
    from send_email.sending.hand_over import HandOverBudget
    from send_email.sending.job import SendOutcome
    from send_email.sending.service import SendService

__all__ = ["handle_record"]

PUT_BACK_SECONDS = 10
KEY_IN_USE = FieldError("idempotency_key", "belongs to another email")


def handle_record(
    service: SendService, record: QueueRecord, deadline: datetime, budget: HandOverBudget
) -> SendOutcome:
    """Send the email in an SQS record. An invalid email is stored as rejected.

    An email that is not of the queue's stream moves to the queue of its stream. A large email goes
    back on the queue when other records of the batch have used the budget.

    An invalid record that this service queued itself is raised, so that it becomes a dead letter.
    It was valid once: a rule has changed since, and its caller has the response `queued`.

    Raises:
        StoreError, QueueError, PoisonMessageError: SQS must deliver the record again.
        InvalidMessageError: of a record that this service queued.
    """
    notes, request = open_envelope(record.body)
    original_id = notes.get(ORIGINAL_MESSAGE_ID, "")
    record_id = original_id if EMAIL_ID.fullmatch(original_id) else record.message_id
    try:
        queue_stream = service.queue.stream_of(record.queue_name)
        job = read_job(record_id, record.body, queue_stream)
        if job.is_one_call and queue_stream not in {None, job.stream}:
            return service.put_back(job, 0)
        if job.is_one_call:
            # Before sending: when SES throttles some recipients, they must fit into the queue
            # again. The record's own size does not show it, because a job has notes and
            # its JSON may be written in another way.
            write_job(job)
        else:  # It goes in chunks, whose sizes the service checks.
            budget.ensure_fits(job)
            if not budget.take(job):
                return service.put_back(job, PUT_BACK_SECONDS)
        outcome = service.send(job, deadline)
    except INVALID_EMAIL_ERRORS as error:
        if is_job(notes):
            raise
        email_ids = [*_idempotency_key_of_invalid(request), record_id]
        return service.reject(email_field_errors(error), email_ids)
    if outcome.claim is ClaimStatus.BUSY:
        service.postpone(job, outcome)
    if outcome.claim is ClaimStatus.CONFLICT:
        service.reject([KEY_IN_USE], [record_id])
    return outcome


def _idempotency_key_of_invalid(body: str) -> list[str]:
    """Return the key of a request that is otherwise invalid; no key if that is invalid too."""
    try:
        request = from_json(body)
    except ValueError:
        return []
    key = request.get("idempotency_key") if isinstance(request, dict) else None
    return [key] if isinstance(key, str) and EMAIL_ID.fullmatch(key) else []
