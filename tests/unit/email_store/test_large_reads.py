"""How much a GET of a large email reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from email_store.claims import SendUnit
from email_store.dynamodb.events import event_item, recipient_item
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.dynamodb.unit_items import email_item, unit_key
from email_store.records import EmailRecord, EventRecord, RecipientRecord
from email_store.states import EmailState
from email_store.view import RECIPIENTS_LIMIT, TIMELINE_LIMIT
from tests.email_table import HASHES

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
COUNT = 40_000
PAGE = 3_000
"""Items of 350 bytes in a page of 1 MB."""
RECORD = EmailRecord(
    email_id="news", fingerprint="f", created_at=NOW, recipient_count=COUNT, chunk_count=800
)


class ReadClient:
    """Serves items in pages, and counts the calls and the items."""

    def __init__(self, items: Iterator[dict[str, Any]]) -> None:
        self.calls: list[str] = []
        self.read = 0
        self._items = {item["sk"]: item for item in sorted(items, key=lambda item: item["sk"])}

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803
        self.calls.append("batch_get_item")
        keys = [_plain(key)["sk"] for key in RequestItems["emails"]["Keys"]]
        return {"Responses": {"emails": self._return(keys)}}

    def query(self, **params: Any) -> Any:
        self.calls.append("query")
        values = _plain({k[1:]: v for k, v in params["ExpressionAttributeValues"].items()})
        first = values.get("first", values.get("prefix"))
        last = values.get("last", f"{first}\uffff")
        keys = [key for key in self._items if first <= key <= last]
        if not params.get("ScanIndexForward", True):
            keys.reverse()
        start = params.get("ExclusiveStartKey", 0)
        end = start + min(params.get("Limit", PAGE), PAGE)
        page = {"Items": self._return(keys[start:end])}
        return page | {"LastEvaluatedKey": end} if end < len(keys) else page

    def _return(self, keys: list[str]) -> list[Any]:
        items = [self._items[key] for key in keys if key in self._items]
        self.read += len(items)
        return [{name: TypeSerializer().serialize(v) for name, v in item.items()} for item in items]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def everything() -> Iterator[dict[str, Any]]:
    unit = {"fingerprint": "f", "created_at": NOW.isoformat(), "results": {}, "attempt": 1}
    yield unit_key(SendUnit("news")) | email_item(RECORD) | unit
    for number in range(COUNT):
        address = f"p{number:05}@example.com"
        recipient = RecipientRecord(
            email_id="news", address=address, state=EmailState.OPENED, at=NOW, message_id="0100"
        )
        yield recipient_item(recipient)
        yield {"pk": "EMAIL#news", "sk": f"REPEAT#open#{address}", "count": 2}
    for number in range(2 * TIMELINE_LIMIT):
        at = NOW + timedelta(seconds=number)
        event = EventRecord(
            email_id="news", event_id=f"e{number}", kind="open", at=at, message_id="0100"
        )
        yield event_item(event)
    for shard in range(32):
        counts = {"count_opened": COUNT // 32, "count_open": 2 * COUNT // 32}
        yield {"pk": "EMAIL#news", "sk": f"COUNTS#{NOW.isoformat()}#{shard:02}", **counts}


def test_get_of_a_large_email_reads_what_it_lists() -> None:
    client = ReadClient(everything())
    store = DynamoDBEmailStore(client, "emails", timedelta(days=30), HASHES)  # type: ignore[arg-type]

    view = store.load("news", recipients_after="p00009@example.com")

    assert view is not None
    assert (view.counts, view.opens) == ({EmailState.OPENED: COUNT}, 2 * COUNT)
    assert [each.address for each in view.recipients][:2] == [
        "p00010@example.com",
        "p00011@example.com",
    ]
    assert {each.opens for each in view.recipients} == {2}
    assert len(client.calls) <= 7
    assert client.read <= 1 + 32 + 2 * (RECIPIENTS_LIMIT + 1) + TIMELINE_LIMIT
