"""SQS records: each one is an email of its own, sent beside the others of its batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from amsdal_mail.email_id import is_email_id
from amsdal_mail.exceptions import FieldError
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from email_store.claims import ClaimStatus
from send_email.api.errors import INVALID_EMAIL_ERRORS, broken_rules
from send_email.queue.send_queue import ensure_fits, has_service_attributes, read_job
from send_email.sending.outcome import SendOutcome
from send_email.sending.service import SendService

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

__all__ = ["handle_record"]

ORIGINAL_MESSAGE_ID = "original_message_id"
"""The attribute with the record's own id, of one that came back from the dead-letter queue."""
KEY_IN_USE = FieldError("idempotency_key", "belongs to another email")


def handle_record(service: SendService, record: SQSRecord, deadline: datetime) -> SendOutcome:
    """Send what a record holds. One that can never be sent is kept in the store, and is done.

    Unless this service itself put it on the queue: that one is a matter for the dead-letter queue.

    Raises:
        StoreError, QueueError, PoisonMessageError: SQS has to deliver the record again.
        InvalidMessageError: of a record that the service itself put on the queue.
    """
    attributes = {name: one.string_value or "" for name, one in record.message_attributes.items()}
    first_id = attributes.get(ORIGINAL_MESSAGE_ID, "")
    record_id = first_id if is_email_id(first_id) else record.message_id
    try:
        job = read_job(record_id, record.body, attributes)
        if len(job.message.to) <= RECIPIENT_LIMIT:
            # What SES cannot take just then has to go back on the queue.
            ensure_fits([job])
        outcome = service.send(job, deadline)
    except INVALID_EMAIL_ERRORS as error:
        if has_service_attributes(attributes):
            # It was taken once: the rules have changed since, and people are told it is queued.
            raise
        return service.reject(broken_rules(error), *_keys(record.body), record_id)
    if outcome.claim is ClaimStatus.BUSY:
        service.postpone(job, outcome)
    if outcome.claim is ClaimStatus.CONFLICT:
        service.reject([KEY_IN_USE], record_id)
    return outcome


def _keys(body: str) -> list[str]:
    """Find the idempotency key, even where the rest breaks rules."""
    try:
        request = from_json(body)
    except ValueError:
        return []
    key = request.get("idempotency_key") if isinstance(request, dict) else None
    return [key] if isinstance(key, str) and is_email_id(key) else []
