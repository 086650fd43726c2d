"""SQS records: each one is an email of its own, sent beside the others of its batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.wire import EMAIL_ID
from email_store.claims import ClaimOutcome
from send_email.outcome import Outcome
from send_email.send_queue import read_delivery
from send_email.service import SendService

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

__all__ = ["take_in"]

FIRST_ID = "first_message_id"
"""The attribute with the record's own id, of one that came back from the dead-letter queue."""
KEY_IN_USE = FieldError("idempotency_key", "belongs to another email")


def take_in(service: SendService, record: SQSRecord, deadline: datetime) -> Outcome:
    """Send what a record holds. One that can never be sent is kept in the store, and is done.

    Raises:
        StoreError, QueueError, MessageTooLargeError: SQS has to deliver the record again.
    """
    attributes = {name: one.string_value or "" for name, one in record.message_attributes.items()}
    first_id = attributes.get(FIRST_ID, "")
    record_id = first_id if re.fullmatch(EMAIL_ID, first_id) else record.message_id
    try:
        delivery = read_delivery(record_id, record.body, attributes)
    except InvalidMessageError as error:
        return service.reject(record_id, error.errors)
    outcome = service.send(delivery, deadline)
    if outcome.claim is ClaimOutcome.BUSY:
        service.put_off(delivery, outcome)
    if outcome.claim is ClaimOutcome.CONFLICT:
        service.reject(record_id, [KEY_IN_USE])
    return outcome
