"""One parser for each kind of SES event: from JSON objects to Details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.tracking.details import (
    Bounce,
    Click,
    Complaint,
    Delivery,
    DeliveryDelay,
    Details,
    Open,
    Reject,
    RenderingFailure,
    Subscription,
)
from amsdal_mail.tracking.events import EventKind
from amsdal_mail.tracking.json_values import (
    Json,
    integer,
    json_object,
    optional_time,
    replace_surrogates,
    required_text,
    string_list,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DETAIL_PARSERS"]

BOT_WORDS = {"Likely": True, "Unlikely": False}


def _nothing(_event_object: Json, _recipient_object: Json) -> None:
    return None


def _delivery(event_object: Json, _recipient_object: Json) -> Delivery:
    return Delivery(
        smtp_response=text(event_object, "smtpResponse"),
        processing_ms=integer(event_object, "processingTimeMillis"),
        remote_mta_ip=text(event_object, "remoteMtaIp"),
        reporting_mta=text(event_object, "reportingMTA"),
    )


def _bounce(event_object: Json, recipient_object: Json) -> Bounce:
    return Bounce(
        type=required_text(event_object, "bounceType", "bounce.bounceType"),
        subtype=text(event_object, "bounceSubType"),
        status=text(recipient_object, "status"),
        action=text(recipient_object, "action"),
        diagnostic_code=text(recipient_object, "diagnosticCode"),
        reporting_mta=text(event_object, "reportingMTA"),
        feedback_id=text(event_object, "feedbackId"),
    )


def _complaint(event_object: Json, _recipient_object: Json) -> Complaint:
    return Complaint(
        feedback_type=text(event_object, "complaintFeedbackType"),
        subtype=text(event_object, "complaintSubType"),
        user_agent=text(event_object, "userAgent"),
        feedback_id=text(event_object, "feedbackId"),
    )


def _delivery_delay(event_object: Json, recipient_object: Json) -> DeliveryDelay:
    return DeliveryDelay(
        type=text(event_object, "delayType"),
        status=text(recipient_object, "status"),
        diagnostic_code=text(recipient_object, "diagnosticCode"),
        expires_at=optional_time(event_object, "expirationTime"),
        reporting_mta=text(event_object, "reportingMTA"),
    )


def _reject(event_object: Json, _recipient_object: Json) -> Reject:
    return Reject(reason=text(event_object, "reason"))


def _rendering_failure(event_object: Json, _recipient_object: Json) -> RenderingFailure:
    return RenderingFailure(
        error_message=text(event_object, "errorMessage"),
        template_name=text(event_object, "templateName"),
    )


def _open(event_object: Json, _recipient_object: Json) -> Open:
    return Open(
        ip_address=text(event_object, "ipAddress"),
        user_agent=text(event_object, "userAgent"),
        is_bot=_is_bot(event_object),
    )


def _click(event_object: Json, _recipient_object: Json) -> Click:
    link_tags = event_object.get("linkTags")
    return Click(
        link=text(event_object, "link"),
        link_tags={replace_surrogates(k): string_list(v) for k, v in link_tags.items()}
        if isinstance(link_tags, dict)
        else {},
        ip_address=text(event_object, "ipAddress"),
        user_agent=text(event_object, "userAgent"),
        is_bot=_is_bot(event_object),
    )


def _is_bot(event_object: Json) -> bool | None:
    return BOT_WORDS.get(text(event_object, "isBotEvent") or "")


def _subscription(event_object: Json, _recipient_object: Json) -> Subscription:
    old = json_object(event_object, "oldTopicPreferences")
    new = json_object(event_object, "newTopicPreferences")
    was_out, is_out = (topics.get("unsubscribeAll") is True for topics in (old, new))
    before, after = _topics(old), _topics(new)
    changed = {topic: status for topic, status in after.items() if before.get(topic) != status}
    return Subscription(
        contact_list=text(event_object, "contactList"),
        unsubscribed_from_all=is_out and not was_out,
        resubscribed=was_out and not is_out,
        opted_out=tuple(topic for topic, status in changed.items() if status == "OptOut"),
        opted_in=tuple(topic for topic, status in changed.items() if status == "OptIn"),
    )


def _topics(preferences: Json) -> dict[str, str]:
    statuses = preferences.get("topicSubscriptionStatus")
    entries = statuses if isinstance(statuses, list) else []
    topics: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, dict):
            name, status = text(entry, "topicName"), text(entry, "subscriptionStatus")
            if name and status:
                topics[name] = status
    return topics


DETAIL_PARSERS: dict[EventKind, Callable[[Json, Json], Details | None]] = {
    EventKind.SEND: _nothing,
    EventKind.DELIVERY: _delivery,
    EventKind.BOUNCE: _bounce,
    EventKind.COMPLAINT: _complaint,
    EventKind.REJECT: _reject,
    EventKind.OPEN: _open,
    EventKind.CLICK: _click,
    EventKind.RENDERING_FAILURE: _rendering_failure,
    EventKind.DELIVERY_DELAY: _delivery_delay,
    EventKind.SUBSCRIPTION: _subscription,
    EventKind.UNKNOWN: _nothing,
}
