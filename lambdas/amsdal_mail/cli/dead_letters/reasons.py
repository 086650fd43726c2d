"""Why a message became a dead letter, from its own fields, its record and a line of the log."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import mask
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.envelope import ORIGINAL_MESSAGE_ID, open_envelope
from amsdal_mail.exceptions import InvalidEventError, InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.stored_request import StoredRequest
from amsdal_mail.tracking import parse_notification

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "Contents",
    "Reason",
    "read_event",
    "read_request",
    "reason_of_line",
    "reasons_of_record",
]

BUCKET_FIELDS = re.compile(r'"(?:stored_request|s3_uri|upload_id)"')
"""Fields of a request whose content is in a bucket: without it, the request cannot be checked."""
SCHEDULER_ATTRIBUTES = ("ERROR_CODE", "ERROR_MESSAGE", "EXHAUSTED_RETRY_CONDITION")
"""What EventBridge Scheduler says of a message that it could not deliver.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""
WAITING = frozenset({"queued", "failed", "unknown", "scheduled"})
"""States of recipients that a redrive may still send to."""
LONGEST_TEXT = 500
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding about a dead letter. `source` is `message`, `log` or `record`."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a dead letter says itself: its kind, its email, and what is wrong with it.

    `faults` explain why it failed; `notes` do not.

    `kind` is `request` (of a producer), `job` (queued by the service itself), `timer`, `event` or
    `other`.
    """

    kind: str
    email_id: str | None
    faults: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()


def read_request(message: Mapping[str, Any]) -> Contents:
    """Read a message of SQS that was on a queue of emails."""
    body, said = str(message.get("Body", "")), tuple(_said_by_scheduler(message))
    notes, request = open_envelope(body)
    if "generation" in notes and "email_id" in notes:
        return Contents("timer", _email_id(notes["email_id"]), said)
    if "email_id" in notes:
        retries = notes.get("retry_count", "")
        count = int(retries) if re.fullmatch("[0-9]{1,9}", retries) else 0
        tried = (Reason("message", f"the service retried it {count} times"),) if count else ()
        return Contents("job", _email_id(notes["email_id"]), (*said, *_faults(request)), tried)
    first_id = notes.get(ORIGINAL_MESSAGE_ID) or str(message.get("MessageId", ""))
    email_id = _email_id(_key(request)) or _email_id(first_id)
    return Contents("request", email_id, (*said, *_faults(request)))


def read_event(message: Mapping[str, Any]) -> Contents:
    """Read a message of SQS that was on a queue of events."""
    said = tuple(_said_by_scheduler(message))
    try:
        events = parse_notification(str(message.get("Body", "")), datetime.now(UTC))
    except InvalidEventError as error:
        return Contents("event", None, (*said, Reason("message", f"no event of SES: {error}")))
    if not events:
        return Contents("other", None, said)
    kinds = ", ".join(dict.fromkeys(event.kind.value for event in events))
    email_id = next((event.email_id for event in events if event.email_id), None)
    return Contents("event", _email_id(email_id), said, (Reason("message", f"event: {kinds}"),))


def reasons_of_record(record: Mapping[str, Any] | None) -> tuple[Reason, ...]:
    """Return what the record of the email says, as `GET /emails/{email_id}` shows it.

    None is a record that does not exist.
    """
    if record is None:
        return (Reason("record", "the service has no record of the email: it was never claimed"),)
    state = str(record.get("state", ""))
    rows = [row for row in _list(record.get("recipients")) if isinstance(row, dict)]
    reasons = [
        f"{error.get('field')}: {error.get('rule')}"
        for error in _list((record.get("email") or {}).get("errors"))
        if isinstance(error, dict)
    ]
    reasons += dict.fromkeys(
        f"{row.get('state')}: {row['error_code']} {row.get('error_message') or ''}".strip()
        for row in rows
        if row.get("error_code")
    )
    counts = record.get("counts") or {}
    if counts and not WAITING & counts.keys():
        reasons.append(f"the email is {state}: a redrive sends nothing again")
    elif not reasons:
        reasons.append(f"the email is {state}")
    return tuple(Reason("record", _masked(text[:LONGEST_TEXT])) for text in reasons)


def reason_of_line(line: str) -> Reason | None:
    """Return what a line of a function's log says; None for a line that names no failure."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("errors"), list):
        return None
    chain = " from ".join(str(error) for error in entry["errors"])
    parts = [f"{entry.get('message', 'failed')}: {chain}"]
    if isinstance(entry.get("text"), str):
        parts.append(entry["text"])
    if stack := [str(frame).strip() for frame in _list(entry.get("stack"))]:
        parts.append("at " + " ".join(stack[-1].split())[:200])
    return Reason("log", "; ".join(parts)[:LONGEST_TEXT])


def _faults(request: str) -> Iterator[Reason]:
    """Yield the rules that a request breaks now. They may have been others when it was queued."""
    try:
        if stored := StoredRequest.from_json(request):
            yield Reason("message", f"its content is in the bucket, {stored.content.key}")
        elif not BUCKET_FIELDS.search(request):
            EmailRequest.from_json(request)
    except InvalidMessageError as error:
        yield Reason("message", f"the request breaks a rule: {error}"[:LONGEST_TEXT])


def _said_by_scheduler(message: Mapping[str, Any]) -> Iterator[Reason]:
    attributes = message.get("MessageAttributes") or {}
    said = [str(attributes.get(name, {}).get("StringValue", "")) for name in SCHEDULER_ATTRIBUTES]
    if text := ": ".join(part for part in said if part):
        yield Reason("message", text[:LONGEST_TEXT])


def _key(request: str) -> str:
    try:
        document = json.loads(request)
    except (ValueError, RecursionError):
        return ""
    key = document.get("idempotency_key") if isinstance(document, dict) else None
    return key if isinstance(key, str) else ""


def _masked(text: str) -> str:
    """Return the text with its addresses masked: a mail server may quote that of the recipient."""
    return ADDRESS.sub(lambda match: mask(match[0]), text)


def _email_id(text: str | None) -> str | None:
    return text if text and EMAIL_ID.fullmatch(text) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
