"""What an event means for its recipient, in the store's words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amsdal_mail.tracking import (
    Bounce,
    Complaint,
    DeliveryDelay,
    EventKind,
    Reject,
    RenderingFailure,
    TrackingEvent,
)
from email_store.records import EventRecord, RecipientRecord, Suppression, external_email_id
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amsdal_mail.tracking import Details

__all__ = ["event_record", "recipient_record", "suppression", "told"]

# Not here: subscriptions and unknown kinds, which say nothing of the message, and the kinds for
# which `_state` looks closer.
STATES = {
    EventKind.SEND: EmailState.ACCEPTED,
    EventKind.DELIVERY: EmailState.DELIVERED,
    EventKind.DELIVERY_DELAY: EmailState.DELAYED,
    EventKind.REJECT: EmailState.REJECTED,
    EventKind.RENDERING_FAILURE: EmailState.REJECTED,
    EventKind.OPEN: EmailState.OPENED,
    EventKind.CLICK: EmailState.CLICKED,
}


def told(events: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Sum up the events of one notification where it is one event, and nobody's.

    Recipients of one message share its tracking links: who of them opened or clicked, SES cannot
    know. A complaint stays an event of each who may have complained: they get no more mail.
    """
    if all(one.is_recipient_known or one.kind is EventKind.COMPLAINT for one in events):
        return events
    return [replace(events[0], recipient=None)]


def event_record(event: TrackingEvent) -> EventRecord:
    """Write an event for the timeline of its email, or of its SES message if that is not ours."""
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
    """Write the recipient's new state; None when the event gives nobody one."""
    state = _state(event)
    if state is None or event.recipient is None:
        return None
    code, message = _error(event.details)
    return RecipientRecord(
        email_id=_email_id(event),
        address=event.recipient,
        state=state,
        # The same in every event: the index by recipient and time then needs no second write.
        at=event.sent_at or event.at,
        message_id=event.message_id,
        error_code=code,
        error_message=message,
    )


def suppression(event: TrackingEvent) -> Suppression | None:
    """Write the entry of the suppression list; None when mail may go on to the recipient."""
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
    # An open of a message to several people proves nothing about any one of them.
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
