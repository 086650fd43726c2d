"""From the text that SNS hands over, to a webhook or a queue, to TrackingEvents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.parser import parse_event

if TYPE_CHECKING:
    from amsdal_mail.tracking.events import TrackingEvent

__all__ = ["parse_notification"]

VALIDATION_TEXT = "Successfully validated SNS topic for Amazon SES"
"""How the plain text begins that SES publishes when an event destination is set up."""


def parse_notification(document: object) -> list[TrackingEvent]:
    """Read an SES event as it travels: bare, or inside an envelope of SNS or EventBridge.

    Takes text, bytes or what `json.loads` made of them. The list is empty when nothing happened
    to any mail: SES's validation text, SNS's confirmations, events of the account.

    Raises:
        InvalidEventError: naming the field at fault, `(body)` for what is no JSON object.
    """
    match document:
        case str() if document.lstrip().startswith(VALIDATION_TEXT):
            return []
        case str():
            return parse_notification(_loaded(document))
        case bytes():
            return parse_notification(_decoded(document))
        case {"Type": "Notification", "Message": str(message)}:
            return parse_notification(message)
        case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation"}:
            return []
        case {"detail-type": str(), "detail": Mapping() as detail}:
            return _parse_detail(detail)
        case Mapping():
            return parse_event(document)
    raise InvalidEventError("(body)", "must be a JSON object")


def _parse_detail(detail: Mapping[str, object]) -> list[TrackingEvent]:
    # Events of the account ("Sending Status Disabled") share the source aws.ses, not the format.
    return parse_event(detail) if "eventType" in detail or "mail" in detail else []


def _decoded(document: bytes) -> str:
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        raise InvalidEventError("(body)", "must be UTF-8") from error


def _loaded(document: str) -> object:
    try:
        return json.loads(document)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError("(body)", "is no JSON that can be read") from error
