"""From one SES event, as JSON, to TrackingEvents: one for each affected recipient.

Takes events of event publishing (`eventType`, ten kinds) and of identity notifications
(`notificationType`, three kinds, without tags). Fields unknown here are left alone.
Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
and https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.addresses import as_sent, destinations, named_recipients
from amsdal_mail.tracking.detail_parsers import READERS
from amsdal_mail.tracking.details import Bounce, Click, Complaint, Open
from amsdal_mail.tracking.events import EventKind, TrackingEvent
from amsdal_mail.tracking.json_values import (
    Json,
    checked_nesting,
    json_object,
    optional_time,
    required_text,
    text,
)
from amsdal_mail.tracking.tags import read_tags

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["parse_event"]

# eventType (spaces removed, lower case): kind, the name of the object that tells about it.
TYPES = {
    "send": (EventKind.SEND, "send"),
    "delivery": (EventKind.DELIVERY, "delivery"),
    "bounce": (EventKind.BOUNCE, "bounce"),
    "complaint": (EventKind.COMPLAINT, "complaint"),
    "reject": (EventKind.REJECT, "reject"),
    "open": (EventKind.OPEN, "open"),
    "click": (EventKind.CLICK, "click"),
    "renderingfailure": (EventKind.RENDERING_FAILURE, "failure"),
    "deliverydelay": (EventKind.DELIVERY_DELAY, "deliveryDelay"),
    "subscription": (EventKind.SUBSCRIPTION, "subscription"),
}
# Kinds that list the affected themselves: mail.destination may name people who are not.
AFFECTED = {
    EventKind.DELIVERY: "recipients",
    EventKind.BOUNCE: "bouncedRecipients",
    EventKind.COMPLAINT: "complainedRecipients",
    EventKind.DELIVERY_DELAY: "delayedRecipients",
}
# SES names several people, one of them did it: recipients of one message share its tracking
# links, and providers hide who complained.
ONE_OF_MANY = frozenset({EventKind.OPEN, EventKind.CLICK, EventKind.COMPLAINT})
# Inbound mail, and the note that says an identity's topic was set.
NOT_ABOUT_SENT_MAIL = frozenset({"Received", "AmazonSnsSubscriptionSucceeded"})
EVENT_ID_LENGTH = 32


def parse_event(payload: Json) -> list[TrackingEvent]:
    """Read one SES event; an empty list when it tells of no mail that was sent.

    Raises:
        InvalidEventError: naming the field at fault.
    """
    event_type = _event_type(payload)
    kind, name = TYPES.get(event_type.replace(" ", "").lower(), (EventKind.UNKNOWN, ""))
    # SMS events of another AWS service have an eventType too (TEXT_DELIVERED), but no mail.
    if event_type in NOT_ABOUT_SENT_MAIL or (not name and "mail" not in payload):
        return []
    checked_nesting(payload)
    mail = json_object(payload, "mail")
    specifics = json_object(payload, name) if name else {}
    affected = _affected(kind, name, mail, specifics)
    at = _time(name, mail, specifics)
    shared = TrackingEvent(
        kind=kind,
        event_type=event_type,
        event_id="",
        at=at,
        sent_at=optional_time(mail, "timestamp", "mail.timestamp") or at,
        message_id=required_text(mail, "messageId", "mail.messageId"),
        recipient=None,
        is_recipient_known=kind not in ONE_OF_MANY or len(affected) == 1,
        raw=payload,
        **asdict(read_tags(json_object(mail, "tags"))),
    )
    return [
        _identified(replace(shared, recipient=address, details=READERS[kind](specifics, report)))
        for address, report in affected.items()
    ]


def _event_type(payload: Json) -> str:
    for name in ("eventType", "notificationType"):
        event_type = text(payload, name)
        if event_type is not None:
            return event_type
    raise InvalidEventError("eventType", "and notificationType are missing: no event of SES")


def _affected(kind: EventKind, name: str, mail: Json, specifics: Json) -> dict[str | None, Json]:
    sent_to = destinations(mail)
    if kind not in AFFECTED:
        return {address: {} for address in sent_to} or {None: {}}
    field = AFFECTED[kind]
    named = named_recipients(specifics, field, f"{name}.{field}")
    return {as_sent(address, sent_to): report for address, report in named.items()}


def _time(name: str, mail: Json, specifics: Json) -> datetime:
    # Send, Reject and Rendering Failure carry no time of their own.
    at = optional_time(specifics, "timestamp", f"{name}.timestamp") or optional_time(
        mail, "timestamp", "mail.timestamp"
    )
    if at is None:
        raise InvalidEventError("mail.timestamp", "is missing")
    return at


def _identified(event: TrackingEvent) -> TrackingEvent:
    """Give an event the id that a second delivery of it has too."""
    parts = [event.kind, event.message_id, event.recipient, event.at.isoformat(), *_distinct(event)]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return replace(event, event_id=digest[:EVENT_ID_LENGTH])


def _distinct(event: TrackingEvent) -> list[str | None]:
    """What tells two events apart that have the recipient and the millisecond in common."""
    match event.details:
        case Bounce() | Complaint() as report:
            return [report.feedback_id]
        case Open() as visit:
            return [visit.ip_address, visit.user_agent]
        case Click() as visit:
            return [visit.ip_address, visit.user_agent, visit.link]
    if event.kind is EventKind.UNKNOWN:
        return [json.dumps(event.raw, sort_keys=True)]
    return []
