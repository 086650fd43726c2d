"""Events: the items of what became of an email: states, timeline, opens and clicks."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from email_store.dynamodb.counts import counts_write
from email_store.dynamodb.table import (
    HOUR,
    NEW,
    ItemUpdate,
    TablePart,
    email_key,
    truncated,
    update_request,
    without_none,
)
from email_store.dynamodb.transactions import transact
from email_store.records import EventRecord, RecipientRecord, Repeat
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from email_store.dynamodb.table import Attributes, Item
    from email_store.records import EmailRecord

__all__ = [
    "EVENT",
    "RECIPIENT",
    "RECIPIENTS",
    "REPEAT",
    "REPEATS",
    "Events",
    "compress",
    "event_item",
    "event_key",
    "read_event",
    "read_recipient",
    "read_repeat",
    "recipient_item",
    "recipient_key",
    "repeat_key",
]

RECIPIENT = "RECIPIENT#"
RECIPIENTS = (RECIPIENT, "RECIPIENT$")
"""The first and last sort key of the recipients: $ is the next character after #."""
EVENT = "EVENT#"
REPEAT = "REPEAT#"
REPEATS = (REPEAT, "REPEAT$")
"""The first and last sort key of the numbers of opens and clicks."""
PEOPLE = "people"
"""The attribute of a repeat with the number of opens or clicks that no machine made."""
NO_PEOPLE = f"attribute_not_exists(#{PEOPLE})"
CODE_LIMIT = 200
TEXT_LIMIT = 1_000
"""Bytes of an error's code and text. Other mail servers' texts may have any length."""
CONTENT_LIMIT = 300 * 1024
"""Bytes of an event's content after compression: an item holds 400 KB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""


class Events(TablePart):
    """One write a call. For a large email, opens and clicks are counted in a transaction."""

    @override
    def count_repeat(
        self,
        email_id: str,
        repeat: Repeat,
        *,
        now: datetime,
        record: EmailRecord | None = None,
        is_by_machine: bool = False,
    ) -> bool:
        key, expires_at = repeat_key(email_id, repeat), self.expiry_with(record, now)
        additions = {"count": 1} if is_by_machine else {"count": 1, PEOPLE: 1}
        update = ItemUpdate(sets={"expires_at": expires_at}, additions=additions)
        if record is None or not record.chunk_count:
            item = self.table.update(key, update).item
            return not is_by_machine and item.get(PEOPLE) == 1
        is_first = False

        def read_and_decide() -> list[Item]:
            nonlocal is_first
            present = self.table.get_many([key])
            is_first = not is_by_machine and not (present and PEOPLE in present[0])
            condition = NO_PEOPLE if is_first else ""
            return [
                {"Update": update_request(key, replace(update, condition=condition))},
                counts_write(record, {repeat.kind: 1}, expires_at),
            ]

        transact(self.table, read_and_decide)
        return is_first

    @override
    def add_event(
        self, event: EventRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        item = event_item(event) | {"expires_at": self.expiry_with(record, now)}
        return self.table.put(item, NEW)


def recipient_key(email_id: str, address: str) -> Item:
    """Return the key of one recipient."""
    return email_key(email_id, f"{RECIPIENT}{address}")


def recipient_item(recipient: RecipientRecord, *, is_external: bool = False) -> Item:
    """Return the item of a recipient. That of mail from outside this service is in the indexes.

    The item of any other email is in the indexes itself, or has pointers.
    """
    at = recipient.at.isoformat()
    return without_none(
        {
            **recipient_key(recipient.email_id, recipient.address),
            "email_id": recipient.email_id,
            "recipient": recipient.address.lower() if is_external else None,
            "period": at[:HOUR] if is_external else None,
            "state": recipient.state.value,
            "rank": recipient.state.rank,
            "at": at,
            "message_id": recipient.message_id,
            "error_code": truncated(recipient.error_code, CODE_LIMIT),
            "error_message": truncated(recipient.error_message, TEXT_LIMIT),
            "is_reported": None if recipient.is_reported else False,
        }
    )


def read_recipient(item: Attributes) -> RecipientRecord:
    """Return the recipient record of an item."""
    return RecipientRecord(
        email_id=item["email_id"],
        address=item["sk"].removeprefix(RECIPIENT),
        state=EmailState(item["state"]),
        at=datetime.fromisoformat(item["at"]),
        message_id=item.get("message_id"),
        error_code=item.get("error_code"),
        error_message=item.get("error_message"),
        is_reported=item.get("is_reported", True),
    )


def event_key(event: EventRecord) -> Item:
    """Return the key of one event. Events are sorted by time."""
    return email_key(event.email_id, f"{EVENT}{event.at.isoformat()}#{event.event_id}")


def event_item(event: EventRecord) -> Item:
    """Return the item of an event. The key has id and time; the content is compressed JSON.

    DynamoDB bills a write by the KB, and most events fit into 1 KB only when compressed.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """
    return without_none(
        {
            **event_key(event),
            "kind": event.kind,
            "message_id": event.message_id,
            "address": event.recipient,
            "content": compress_event(event),
        }
    )


def read_event(item: Attributes) -> EventRecord:
    """Return the event record of an item."""
    at, _, event_id = item["sk"].removeprefix(EVENT).partition("#")
    return EventRecord(
        email_id=item["pk"].removeprefix(email_key("", "")["pk"]),
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
        compressed = compress(content)
        if len(compressed) <= CONTENT_LIMIT:
            return compressed
    return compress({"details": {}, "raw": {}, "is_truncated": True})


def compress(content: Mapping[str, Any]) -> bytes:
    """Return the content of an event as an item holds it."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode(errors="surrogatepass"), level=9)


def repeat_key(email_id: str, repeat: Repeat) -> Item:
    """Return the key of a recipient's number of opens or clicks."""
    return email_key(email_id, f"{REPEAT}{repeat.kind}#{repeat.recipient or ''}")


def read_repeat(item: Attributes) -> tuple[Repeat, int]:
    """Return the repeat that an item counts, and the number."""
    kind, _, recipient = item["sk"].removeprefix(REPEAT).partition("#")
    return Repeat(kind, recipient or None), int(item["count"])
