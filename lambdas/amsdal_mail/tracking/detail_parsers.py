"""Read the object that each kind of SES event carries, and a recipient's own report in it."""

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
    json_object,
    optional_time,
    required_text,
    text,
    texts,
    whole_number,
    writable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BOT_WORDS = {"Likely": True, "Unlikely": False}


def _nothing(_specifics: Json, _report: Json) -> None:
    return None


def _delivery(specifics: Json, _report: Json) -> Delivery:
    return Delivery(
        smtp_response=text(specifics, "smtpResponse"),
        processing_ms=whole_number(specifics, "processingTimeMillis"),
        remote_mta_ip=text(specifics, "remoteMtaIp"),
        reporting_mta=text(specifics, "reportingMTA"),
    )


def _bounce(specifics: Json, report: Json) -> Bounce:
    return Bounce(
        type=required_text(specifics, "bounceType", "bounce.bounceType"),
        subtype=text(specifics, "bounceSubType"),
        status=text(report, "status"),
        action=text(report, "action"),
        diagnostic_code=text(report, "diagnosticCode"),
        reporting_mta=text(specifics, "reportingMTA"),
        feedback_id=text(specifics, "feedbackId"),
    )


def _complaint(specifics: Json, _report: Json) -> Complaint:
    return Complaint(
        feedback_type=text(specifics, "complaintFeedbackType"),
        subtype=text(specifics, "complaintSubType"),
        user_agent=text(specifics, "userAgent"),
        feedback_id=text(specifics, "feedbackId"),
    )


def _delivery_delay(specifics: Json, report: Json) -> DeliveryDelay:
    return DeliveryDelay(
        type=text(specifics, "delayType"),
        status=text(report, "status"),
        diagnostic_code=text(report, "diagnosticCode"),
        expires_at=optional_time(specifics, "expirationTime", "deliveryDelay.expirationTime"),
        reporting_mta=text(specifics, "reportingMTA"),
    )


def _reject(specifics: Json, _report: Json) -> Reject:
    return Reject(reason=text(specifics, "reason"))


def _rendering_failure(specifics: Json, _report: Json) -> RenderingFailure:
    return RenderingFailure(
        error_message=text(specifics, "errorMessage"),
        template_name=text(specifics, "templateName"),
    )


def _open(specifics: Json, _report: Json) -> Open:
    return Open(
        ip_address=text(specifics, "ipAddress"),
        user_agent=text(specifics, "userAgent"),
        is_bot=_is_bot(specifics),
    )


def _click(specifics: Json, _report: Json) -> Click:
    link_tags = specifics.get("linkTags")
    return Click(
        link=text(specifics, "link"),
        link_tags={writable(name): texts(values) for name, values in link_tags.items()}
        if isinstance(link_tags, dict)
        else {},
        ip_address=text(specifics, "ipAddress"),
        user_agent=text(specifics, "userAgent"),
        is_bot=_is_bot(specifics),
    )


def _is_bot(specifics: Json) -> bool | None:
    return BOT_WORDS.get(text(specifics, "isBotEvent") or "")


def _subscription(specifics: Json, _report: Json) -> Subscription:
    old = json_object(specifics, "oldTopicPreferences")
    new = json_object(specifics, "newTopicPreferences")
    was_out, is_out = (one.get("unsubscribeAll") is True for one in (old, new))
    before, after = _topics(old), _topics(new)
    changed = {topic: status for topic, status in after.items() if before.get(topic) != status}
    return Subscription(
        contact_list=text(specifics, "contactList"),
        unsubscribed_from_all=is_out and not was_out,
        resubscribed=was_out and not is_out,
        opted_out=tuple(topic for topic, status in changed.items() if status == "OptOut"),
        opted_in=tuple(topic for topic, status in changed.items() if status == "OptIn"),
    )


def _topics(preferences: Json) -> dict[str, str]:
    statuses = preferences.get("topicSubscriptionStatus")
    entries = statuses if isinstance(statuses, list) else []
    found: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, dict):
            name, status = text(entry, "topicName"), text(entry, "subscriptionStatus")
            if name and status:
                found[name] = status
    return found


READERS: dict[EventKind, Callable[[Json, Json], Details | None]] = {
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
