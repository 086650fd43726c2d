"""Parse SES's events: one TrackingEvent for each affected recipient.

There are events of event publishing (`eventType`, ten kinds) and identity notifications
(`notificationType`, three kinds, without tags). Unknown fields are ignored.
Sources: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
and https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.addresses import destinations, find_spelling, named_recipients
from amsdal_mail.tracking.detail_parsers import DETAIL_PARSERS
from amsdal_mail.tracking.details import Bounce, Click, Complaint, Open
from amsdal_mail.tracking.events import EventKind, TrackingEvent
from amsdal_mail.tracking.json_values import (
    Json,
    check_nesting,
    json_object,
    optional_time,
    text,
)
from amsdal_mail.tracking.tags import MessageTags, read_tags

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["parse_event", "parse_notification"]

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
"""By `eventType` in lower case without spaces: the kind, and the name of its object."""
AFFECTED = {
    EventKind.DELIVERY: "recipients",
    EventKind.BOUNCE: "bouncedRecipients",
    EventKind.COMPLAINT: "complainedRecipients",
    EventKind.DELIVERY_DELAY: "delayedRecipients",
}
"""The field with the affected recipients. `mail.destination` may name recipients who are not."""
ONE_OF_MANY = frozenset({EventKind.OPEN, EventKind.CLICK, EventKind.COMPLAINT})
"""SES names several recipients of whom one acted: the recipients of a message share its tracking
links, and mail providers hide who complained."""
NOT_ABOUT_SENT_MAIL = frozenset({"Received", "AmazonSnsSubscriptionSucceeded"})
"""Inbound mail, and the confirmation of an identity's topic."""
EVENT_ID_LENGTH = 32


def parse_notification(
    notification: object, received_at: datetime | None = None
) -> list[TrackingEvent]:
    """Parse an SES event as it travels: bare, or in an envelope of SNS or EventBridge.

    The notification is a string, bytes, or the result of `json.loads`. The list is empty when the
    notification concerns no sent mail: SES's validation text, SNS's confirmations, events of the
    account, and what other publishers send to the same topic. An event whose own time cannot be
    read gets the time of its envelope, else `received_at`.

    Raises:
        InvalidEventError: naming the field at fault; `(body)` for a JSON object that is damaged.
    """
    match notification:
        case str():
            return _parse_text(notification, received_at)
        case bytes():
            return _parse_text(_decode(notification), received_at)
        case Mapping():
            return _parse_envelope(notification, received_at)
    raise InvalidEventError("(body)", "must be a JSON object")


def _parse_text(notification: str, received_at: datetime | None) -> list[TrackingEvent]:
    # SES publishes objects, and a plain text when an event destination is created.
    if not notification.lstrip().startswith(("{", '"')):
        return []
    try:
        loaded = json.loads(notification)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError("(body)", "is not JSON that can be read") from error
    return parse_notification(loaded, received_at)


def _parse_envelope(notification: Json, received_at: datetime | None) -> list[TrackingEvent]:
    match notification:
        case {"Type": "Notification", "Message": str(message)}:
            return _parse_text(message, optional_time(notification, "Timestamp") or received_at)
        case {"detail-type": str(), "detail": Mapping() as payload}:
            received_at = optional_time(notification, "time") or received_at
        case _:
            payload = notification
    is_from_ses = any(name in payload for name in ("eventType", "notificationType", "mail"))
    return parse_event(payload, received_at) if is_from_ses else []


def _decode(notification: bytes) -> str:
    try:
        return notification.decode()
    except UnicodeDecodeError as error:
        raise InvalidEventError("(body)", "must be UTF-8") from error


def parse_event(payload: Json, received_at: datetime | None = None) -> list[TrackingEvent]:
    """Parse one SES event. The list is empty when the event concerns no sent mail.

    A field that cannot be read is left out, unless the event has no effect without it.

    Raises:
        InvalidEventError: naming the field at fault.
    """
    event_type = _event_type(payload)
    kind, name = TYPES.get(event_type.replace(" ", "").lower(), (EventKind.UNKNOWN, ""))
    # SMS events of another AWS service have an eventType too (TEXT_DELIVERED), but no mail.
    if event_type in NOT_ABOUT_SENT_MAIL or (not name and "mail" not in payload):
        return []
    check_nesting(payload)
    mail = json_object(payload, "mail")
    event_object = json_object(payload, name) if name else {}
    sent_to = destinations(mail)
    affected = _affected(kind, name, sent_to, event_object)
    tags = read_tags(json_object(mail, "tags"))
    at = _time(mail, event_object, received_at)
    shared = TrackingEvent(
        kind=kind,
        event_type=event_type,
        event_id="",
        at=at,
        sent_at=optional_time(mail, "timestamp") or at,
        message_id=_message_id(mail, tags),
        recipient=None,
        is_recipient_known=kind not in ONE_OF_MANY or len(affected) == 1,
        raw=payload,
        **asdict(tags),
    )
    parse = DETAIL_PARSERS[kind]
    return [
        _with_event_id(
            replace(
                shared,
                recipient=address,
                was_sent_to=not sent_to or address in sent_to,
                details=parse(event_object, report),
            )
        )
        for address, report in affected.items()
    ]


def _event_type(payload: Json) -> str:
    for name in ("eventType", "notificationType"):
        event_type = text(payload, name)
        if event_type is not None:
            return event_type
    raise InvalidEventError("eventType", "and notificationType are missing: not an SES event")


def _affected(
    kind: EventKind, name: str, sent_to: Mapping[str, None], event_object: Json
) -> dict[str | None, Json]:
    if kind not in AFFECTED:
        return {address: {} for address in sent_to} or {None: {}}
    field = AFFECTED[kind]
    named = named_recipients(event_object, field, f"{name}.{field}")
    return {find_spelling(address, sent_to) or address: report for address, report in named.items()}


def _time(mail: Json, event_object: Json, received_at: datetime | None) -> datetime:
    # Send, Reject and Rendering Failure have no time of their own.
    event_time = optional_time(event_object, "timestamp") or optional_time(mail, "timestamp")
    at = event_time or received_at
    if at is None:
        raise InvalidEventError("mail.timestamp", "must be a time in ISO 8601")
    return at


def _message_id(mail: Json, tags: MessageTags) -> str:
    message_id = text(mail, "messageId")
    if message_id is None and tags.email_id is None:
        raise InvalidEventError("mail.messageId", "must be a string")
    return message_id or ""


def _with_event_id(event: TrackingEvent) -> TrackingEvent:
    """Return the event with an id that is the same each time SES delivers it."""
    identity = [
        event.kind,
        event.message_id,
        event.recipient,
        event.at.isoformat(),
        *_identity_fields(event),
    ]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return replace(event, event_id=digest[:EVENT_ID_LENGTH])


def _identity_fields(event: TrackingEvent) -> list[str | None]:
    """Return what distinguishes two events of one recipient in the same millisecond."""
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
