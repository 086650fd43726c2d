"""The items of the table: keys, and each record as an item and back. Pure functions.

pk=EMAIL#<email_id>       sk=EMAIL | CHUNK#<number> | RECIPIENT#<address> | EVENT#<time>#<event id>
                             | REPEAT#<open or click>#<address>
pk=SUPPRESSION#<address>  sk=SUPPRESSION

`recipient` and `at` together put an item into the index by recipient. Only RECIPIENT items have
both, so the index has no events.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import Results, SendUnit, UnitState, epoch_seconds, queued
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Repeat, Suppression
from email_store.states import EmailState
from email_store.truncate import first_errors, truncate

__all__ = [
    "EMAIL",
    "EVENT",
    "RECIPIENTS",
    "REPEATS",
    "UNITS",
    "Item",
    "email_item",
    "email_partition",
    "event_item",
    "event_key",
    "expiry",
    "lease",
    "new_unit",
    "read_email",
    "read_event",
    "read_recipient",
    "read_repeat",
    "read_suppression",
    "read_unit",
    "recipient_item",
    "recipient_key",
    "release_update",
    "repeat_key",
    "suppression_item",
    "suppression_key",
    "unit_key",
]

Item = dict[str, Any]

EMAIL = "EMAIL"
CHUNK = "CHUNK#"
RECIPIENT = "RECIPIENT#"
EVENT = "EVENT#"
REPEAT = "REPEAT#"
SUPPRESSION = "SUPPRESSION"

CODE_LIMIT = 200
TEXT_LIMIT = 1_000
"""Bytes of an error's code and text. Other mail servers' texts may have any length, and one item
holds the results of 50 recipients."""
EVENT_CONTENT_LIMIT = 300 * 1024
"""Bytes of an event's content after compression: an item holds 400 KB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

UNITS = (CHUNK, EMAIL)
"""The first and last sort key of an email and its chunks."""
RECIPIENTS = (RECIPIENT, "RECIPIENT$")
"""The first and last sort key of the recipients: $ is the next character after #."""
REPEATS = (REPEAT, "REPEAT$")
"""The first and last sort key of the numbers of opens and clicks."""


def email_partition(email_id: str) -> str:
    """Return the partition key of everything that belongs to one email."""
    return f"EMAIL#{email_id}"


def unit_key(unit: SendUnit) -> Item:
    """Return the key of an email, or of one chunk of it."""
    sort_key = EMAIL if unit.chunk is None else f"{CHUNK}{unit.chunk:04d}"
    return {"pk": email_partition(unit.email_id), "sk": sort_key}


def recipient_key(email_id: str, address: str) -> Item:
    """Return the key of one recipient."""
    return {"pk": email_partition(email_id), "sk": f"{RECIPIENT}{address}"}


def event_key(event: EventRecord) -> Item:
    """Return the key of one event. Events are sorted by time."""
    sort_key = f"{EVENT}{event.at.isoformat()}#{event.event_id}"
    return {"pk": email_partition(event.email_id), "sk": sort_key}


def repeat_key(email_id: str, repeat: Repeat) -> Item:
    """Return the key of a recipient's number of opens or clicks."""
    sort_key = f"{REPEAT}{repeat.kind}#{repeat.recipient or ''}"
    return {"pk": email_partition(email_id), "sk": sort_key}


def read_repeat(item: Mapping[str, Any]) -> tuple[Repeat, int]:
    """Return the repeat that an item counts, and the number."""
    kind, _, recipient = item["sk"].removeprefix(REPEAT).partition("#")
    return Repeat(kind, recipient or None), int(item["count"])


def suppression_key(address: str) -> Item:
    """Return the key of a suppressed address. It ignores letter case."""
    return {"pk": f"{SUPPRESSION}#{address.lower()}", "sk": SUPPRESSION}


def expiry(now: datetime, retention: timedelta) -> int:
    """Return when DynamoDB may delete an item, in epoch seconds, the unit of its TTL."""
    return int((now + retention).timestamp())


def new_unit(record: EmailRecord, addresses: Collection[str]) -> Item:
    """Return the item of a unit that no worker has claimed yet."""
    return {
        "fingerprint": record.fingerprint,
        "created_at": record.created_at.isoformat(),
        "results": _results(queued(addresses)),
        "attempt": 0,
        "lease_until": 0,
        "is_settled": False,
    }


def lease(now: datetime, seconds: int, lease_id: str) -> Item:
    """Return a lease: its end, and the id by which its holder recognises it."""
    return {"lease_until": epoch_seconds(now) + seconds, "lease_id": lease_id}


def _results(results: Results) -> Item:
    return {address: _result(status) for address, status in results.items()}


def _result(status: RecipientStatus) -> Item:
    return _without_none(
        {
            "state": status.state.value,
            "message_id": status.message_id,
            "error_code": _truncated(status.error_code, CODE_LIMIT),
            "error_message": _truncated(status.error_message, TEXT_LIMIT),
            "retry": status.retry.value,
        }
    )


def release_update(results: Results, *, lease_until: int = 0, is_settled: bool = False) -> Item:
    """Return the attributes that change when the lease of a unit ends."""
    return {"results": _results(results), "lease_until": lease_until, "is_settled": is_settled}


def read_unit(item: Mapping[str, Any]) -> UnitState:
    """Return the state of a unit."""
    return UnitState(
        fingerprint=item["fingerprint"],
        results={
            address: _read_result(address, result) for address, result in item["results"].items()
        },
        created_at=datetime.fromisoformat(item["created_at"]),
        attempt=int(item["attempt"]),
        lease_until=int(item["lease_until"]),
        is_settled=item["is_settled"],
    )


def _read_result(address: str, item: Mapping[str, Any]) -> RecipientStatus:
    return RecipientStatus(
        address,
        SendState(item["state"]),
        item.get("message_id"),
        item.get("error_code"),
        item.get("error_message"),
        RetryHint(item["retry"]),
    )


def email_item(record: EmailRecord) -> Item:
    """Return the attributes of an email record, which the item of its unit has too."""
    return _without_none(
        {
            "email_id": record.email_id,
            "from_email": record.from_email,
            "subject": record.subject,
            "template_id": record.template_id,
            "tags": list(record.tags),
            "metadata": dict(record.metadata),
            "recipient_count": record.recipient_count,
            "chunk_count": record.chunk_count,
            "errors": _error_items(record.errors) if record.errors else [],
        }
    )


def _error_items(errors: Sequence[FieldError]) -> list[Item]:
    return [{"field": error.field, "rule": error.rule} for error in first_errors(errors)]


def read_email(item: Mapping[str, Any]) -> EmailRecord:
    """Return the email record of an item."""
    return EmailRecord(
        email_id=item["email_id"],
        fingerprint=item["fingerprint"],
        created_at=datetime.fromisoformat(item["created_at"]),
        from_email=item["from_email"],
        subject=item["subject"],
        template_id=item.get("template_id"),
        tags=tuple(item["tags"]),
        metadata=item["metadata"],
        recipient_count=int(item["recipient_count"]),
        chunk_count=int(item["chunk_count"]),
        errors=tuple(FieldError(error["field"], error["rule"]) for error in item["errors"]),
    )


def recipient_item(recipient: RecipientRecord) -> Item:
    """Return the item of a recipient record."""
    return _without_none(
        {
            **recipient_key(recipient.email_id, recipient.address),
            "email_id": recipient.email_id,
            "recipient": recipient.address,
            "state": recipient.state.value,
            "rank": recipient.state.rank,
            "at": recipient.at.isoformat(),
            "message_id": recipient.message_id,
            "error_code": _truncated(recipient.error_code, CODE_LIMIT),
            "error_message": _truncated(recipient.error_message, TEXT_LIMIT),
        }
    )


def read_recipient(item: Mapping[str, Any]) -> RecipientRecord:
    """Return the recipient record of an item."""
    return RecipientRecord(
        email_id=item["email_id"],
        address=item["recipient"],
        state=EmailState(item["state"]),
        at=datetime.fromisoformat(item["at"]),
        message_id=item["message_id"],
        error_code=item.get("error_code"),
        error_message=item.get("error_message"),
    )


def event_item(event: EventRecord) -> Item:
    """Return the item of an event. The key has id and time; the content is compressed JSON.

    DynamoDB bills a write by the KB, and most events fit into 1 KB only when compressed.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """
    return _without_none(
        {
            **event_key(event),
            "kind": event.kind,
            "message_id": event.message_id,
            "address": event.recipient,
            "content": compress_event(event),
        }
    )


def read_event(item: Mapping[str, Any]) -> EventRecord:
    """Return the event record of an item."""
    at, _, event_id = item["sk"].removeprefix(EVENT).partition("#")
    return EventRecord(
        email_id=item["pk"].removeprefix(email_partition("")),
        event_id=event_id,
        kind=item["kind"],
        at=datetime.fromisoformat(at),
        message_id=item["message_id"],
        recipient=item.get("address"),
        **json.loads(zlib.decompress(bytes(item["content"]))),
    )


def compress_event(event: EventRecord) -> bytes:
    """Compress details and raw event. An event too large for an item loses the raw event first."""
    whole = {"details": event.details, "raw": event.raw}
    short = whole | {"raw": {}, "is_truncated": True}
    for content in (whole, short):
        compressed = _compress(content)
        if len(compressed) <= EVENT_CONTENT_LIMIT:
            return compressed
    return _compress({"details": {}, "raw": {}, "is_truncated": True})


def _compress(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode(errors="surrogatepass"), level=9)


def suppression_item(suppression: Suppression) -> Item:
    """Return the item of a suppressed address."""
    return _without_none(
        {
            **suppression_key(suppression.address),
            "address": suppression.address,
            "reason": suppression.reason,
            "at": suppression.at.isoformat(),
            "email_id": suppression.email_id,
        }
    )


def _truncated(text: str | None, limit: int) -> str | None:
    return None if text is None else truncate(text, limit)


def read_suppression(item: Mapping[str, Any]) -> Suppression:
    """Return the suppression of an item."""
    return Suppression(
        address=item["address"],
        reason=item["reason"],
        at=datetime.fromisoformat(item["at"]),
        email_id=item.get("email_id"),
    )


def _without_none(item: Item) -> Item:
    return {name: value for name, value in item.items() if value is not None}
