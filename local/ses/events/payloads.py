"""The event JSON of SES, made from a message and an event step.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser
from functools import lru_cache
from typing import TYPE_CHECKING

from local.ses.messages import Json, Message, bare_address, new_id
from local.ses.mime.read import decode_header_value

if TYPE_CHECKING:
    from local.ses.events.mailbox_simulator import EventStep

__all__ = ["MATCHING_EVENT_TYPE", "event_payload"]

MATCHING_EVENT_TYPE = {
    "Send": "SEND",
    "Delivery": "DELIVERY",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Reject": "REJECT",
    "Open": "OPEN",
    "Click": "CLICK",
    "Rendering Failure": "RENDERING_FAILURE",
    "DeliveryDelay": "DELIVERY_DELAY",
    "Subscription": "SUBSCRIPTION",
}
"""The MatchingEventTypes of an event destination, by the eventType of the events."""
HEADER_LIMIT = 10 * 1024
REPORTING_MTA = "a8-31.smtp-out.amazonses.com"


def timestamp(at: datetime) -> str:
    """Return a time as SES writes it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def event_payload(message: Message, step: EventStep, at: datetime) -> Json:
    """Return a whole event: its type, the message, and the object of its type."""
    name, details = DETAILS[step.kind](message, step, at)
    return {"eventType": step.kind, "mail": mail(message, step), name: details}


def mail(message: Message, step: EventStep) -> Json:
    """Return the `mail` object.

    The Send event of a template has few headers and no subject: SES publishes it before it
    renders the template. (Inferred from events of AWS.)
    """
    unrendered = bool(message.template) and step.kind in {"Send", "Rendering Failure"}
    identity = bare_address(message.source)
    arn = message.identity_arn or (
        f"arn:aws:ses:{message.region}:{message.account}:identity/{identity}"
    )
    headers, truncated = _headers(message, unrendered)
    body: Json = {
        "timestamp": timestamp(message.accepted_at),
        "source": identity,
        "sourceArn": arn,
        "sendingAccountId": message.account,
        "messageId": message.id,
        "destination": list(message.destinations),
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": _common_headers(message, unrendered),
        "tags": _tags(message, step),
    }
    # Open and Click have no sourceArn, nor has a Send before rendering.
    if unrendered or step.kind in {"Open", "Click"}:
        del body["sourceArn"]
    return body


def _headers(message: Message, unrendered: bool) -> tuple[list[dict[str, str]], bool]:
    """Return the header fields up to 10 KB in their order, and whether fields are missing."""
    fields = _unrendered_fields(message) if unrendered else _fields(message.mime)
    kept: list[dict[str, str]] = []
    size = 0
    for name, value in fields:
        size += len(name) + len(value) + len(": \r\n")
        if size > HEADER_LIMIT:
            return kept, True
        kept.append({"name": name, "value": value})
    return kept, False


def _unrendered_fields(message: Message) -> list[tuple[str, str]]:
    return [("From", message.source), ("To", ", ".join(message.to))]


@lru_cache(maxsize=256)
def _fields(mime: bytes) -> list[tuple[str, str]]:
    """Return the unfolded header fields. SES adds Date and Message-ID after the event headers."""
    parsed = BytesHeaderParser(policy=policy.compat32).parsebytes(mime)
    unfolded = ((name, "".join(str(value).splitlines()).strip()) for name, value in parsed.items())
    return [field for field in unfolded if field[0].lower() not in {"date", "message-id"}]


def _common_headers(message: Message, unrendered: bool) -> Json:
    common: Json = {"from": [message.source], "to": list(message.to), "messageId": message.id}
    fields = {} if unrendered else {name.lower(): value for name, value in _fields(message.mime)}
    for name, key in (("from", "from"), ("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        if name in fields:
            common[key] = [fields[name]]
    if "subject" in fields:
        common["subject"] = decode_header_value(fields["subject"])
    return common


def _tags(message: Message, step: EventStep) -> Json:
    """Return the tags of SES and of the sender. Each value is a list."""
    domain = bare_address(message.source).rpartition("@")[2]
    tags: dict[str, list[str]] = {
        "ses:operation": [message.operation],
        "ses:source-ip": [message.source_ip],
        "ses:source-tls-version": ["TLSv1.3"],
        "ses:from-domain": [domain],
        "ses:caller-identity": [message.caller],
    }
    if message.configuration_set:
        tags["ses:configuration-set"] = [message.configuration_set]
    if message.tenant:
        tags["ses:tenant-name"] = [message.tenant]
    if step.kind == "Delivery":
        tags["ses:outgoing-ip"] = ["127.0.0.1"]
        tags["ses:outgoing-tls-version"] = ["TLSv1.3"]
    return {**tags, **{name: list(values) for name, values in message.tags.items()}}


def _send(_message: Message, _step: EventStep, _at: datetime) -> tuple[str, Json]:
    return "send", {}


def _delivery(message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    processing_ms = max(0, round((at - message.accepted_at).total_seconds() * 1000))
    return "delivery", {
        "timestamp": timestamp(at),
        "processingTimeMillis": processing_ms,
        "recipients": list(step.recipients),
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.0.1",
        "reportingMTA": REPORTING_MTA,
    }


def _bounce(message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    body: Json = {
        "feedbackId": new_id(at, message.region),
        "bounceType": step.type,
        "bounceSubType": step.sub,
        "bouncedRecipients": [{"emailAddress": to} for to in step.recipients],
        "timestamp": timestamp(at),
    }
    # Without a delivery report (an out-of-office reply) an entry has only the address.
    if step.status:
        report = {"action": "failed", "status": step.status, "diagnosticCode": step.text}
        body["bouncedRecipients"] = [{**entry, **report} for entry in body["bouncedRecipients"]]
        is_suppressed = step.sub in {"Suppressed", "OnAccountSuppressionList"}
        body["reportingMTA"] = "dns; amazonses.com" if is_suppressed else f"dns; {REPORTING_MTA}"
    return "bounce", body


def _complaint(message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    body: Json = {
        "feedbackId": new_id(at, message.region),
        "complaintSubType": step.type,
        "complainedRecipients": [{"emailAddress": to} for to in step.recipients],
        "timestamp": timestamp(at),
    }
    if step.sub:
        # Only a feedback report has a user agent, a type and an arrival date.
        body["userAgent"] = "Amazon SES Mailbox Simulator"
        body["complaintFeedbackType"] = step.sub
        body["arrivalDate"] = timestamp(at)
    return "complaint", body


def _reject(_message: Message, step: EventStep, _at: datetime) -> tuple[str, Json]:
    return "reject", {"reason": step.text or "Bad content"}


def _open(_message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    return "open", _visit(step, at)


def _click(_message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    return "click", {**_visit(step, at), "link": step.sub, "linkTags": step.link_tags}


def _visit(step: EventStep, at: datetime) -> Json:
    return {
        "timestamp": timestamp(at),
        "userAgent": step.user_agent,
        "ipAddress": step.ip,
        "isBotEvent": "Likely" if step.is_bot else "Unlikely",
    }


def _failure(message: Message, step: EventStep, _at: datetime) -> tuple[str, Json]:
    return "failure", {"errorMessage": step.text, "templateName": message.template}


def _delay(_message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    report = {
        "status": step.status or "4.4.1",
        "diagnosticCode": step.text or "smtp; 421 4.4.1 Unable to connect to remote host",
    }
    return "deliveryDelay", {
        "timestamp": timestamp(at),
        "delayType": step.sub,
        "expirationTime": timestamp(at + timedelta(hours=14)),
        "delayedRecipients": [{"emailAddress": to, **report} for to in step.recipients],
        "reportingMTA": REPORTING_MTA,
    }


def _subscription(_message: Message, step: EventStep, at: datetime) -> tuple[str, Json]:
    return "subscription", {
        "contactList": step.sub,
        "timestamp": timestamp(at),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": _preferences("OptOut"),
        "oldTopicPreferences": _preferences("OptIn"),
    }


def _preferences(status: str) -> Json:
    topics = [{"topicName": "local", "subscriptionStatus": status}]
    return {"unsubscribeAll": status == "OptOut", "topicSubscriptionStatus": topics}


DETAILS = {
    "Send": _send,
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _reject,
    "Open": _open,
    "Click": _click,
    "Rendering Failure": _failure,
    "DeliveryDelay": _delay,
    "Subscription": _subscription,
}
