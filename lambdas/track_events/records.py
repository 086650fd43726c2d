"""The records of the store that an event changes. Pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amsdal_mail.tracking import (
    Bounce,
    Click,
    Complaint,
    DeliveryDelay,
    EventKind,
    Open,
    Reject,
    RenderingFailure,
    TrackingEvent,
)
from email_store.records import EventRecord, RecipientRecord, Suppression, external_email_id
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amsdal_mail.tracking import Details

__all__ = ["collapse_unattributed", "event_record", "recipient_record", "suppression"]

STATES = {
    EventKind.SEND: EmailState.ACCEPTED,
    EventKind.DELIVERY: EmailState.DELIVERED,
    EventKind.DELIVERY_DELAY: EmailState.DELAYED,
    EventKind.REJECT: EmailState.REJECTED,
    EventKind.RENDERING_FAILURE: EmailState.REJECTED,
    EventKind.OPEN: EmailState.OPENED,
    EventKind.CLICK: EmailState.CLICKED,
}
"""The kinds whose state does not depend on details. Subscriptions and unknown kinds have none."""


def collapse_unattributed(events: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Replace an open or click by an unknown recipient with one event without a recipient.

    The recipients of a message share its tracking links, so SES cannot know which of them opened or
    clicked. A complaint stays an event of each recipient who may have complained: they all get no
    more mail. https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html
    """
    if all(event.is_recipient_known or event.kind is EventKind.COMPLAINT for event in events):
        return events
    return [replace(events[0], recipient=None)]


def event_record(event: TrackingEvent) -> EventRecord:
    """Return the event for the timeline of its email, or of an SES message from elsewhere."""
    return EventRecord(
        email_id=_email_id(event),
        event_id=event.event_id,
        kind=event.kind.value,
        at=event.at,
        message_id=event.message_id,
        recipient=event.recipient,
        details=event.to_dict()["details"],
        raw=event.raw,
    )


def recipient_record(event: TrackingEvent) -> RecipientRecord | None:
    """Return the recipient's new state; None when the event changes no state."""
    state = _state(event)
    if state is None or event.recipient is None or not event.was_sent_to:
        return None
    code, message = _error(event.details)
    return RecipientRecord(
        email_id=_email_id(event),
        address=event.recipient,
        state=state,
        # The same in all events of a message: a new state then causes no second index write.
        at=event.sent_at or event.at,
        message_id=event.message_id,
        error_code=code,
        error_message=message,
    )


def suppression(event: TrackingEvent) -> Suppression | None:
    """Return the entry for the suppression list; None when the recipient may get more mail."""
    if not event.should_suppress or event.recipient is None:
        return None
    return Suppression(
        address=event.recipient, reason=event.kind.value, at=event.at, email_id=event.email_id
    )


def _email_id(event: TrackingEvent) -> str:
    return event.email_id or external_email_id(event.message_id)


def _state(event: TrackingEvent) -> EmailState | None:
    if event.kind is EventKind.BOUNCE:
        return EmailState.BOUNCED if event.is_permanent else EmailState.SOFT_BOUNCED
    if event.kind is EventKind.COMPLAINT:
        return EmailState.COMPLAINED if event.is_spam_report else None
    if isinstance(event.details, Open | Click) and event.details.is_bot:
        return None
    # An open of a message to several recipients says nothing about a single recipient.
    return STATES.get(event.kind) if event.is_recipient_known else None


def _error(details: Details | None) -> tuple[str | None, str | None]:
    match details:
        case Bounce():
            return f"{details.type}/{details.subtype or '-'}", details.diagnostic_code
        case Complaint():
            return details.feedback_type or details.subtype or "complaint", None
        case DeliveryDelay():
            return details.type, details.diagnostic_code
        case Reject():
            return "Reject", details.reason
        case RenderingFailure():
            return "Rendering Failure", details.error_message
    return None, None
