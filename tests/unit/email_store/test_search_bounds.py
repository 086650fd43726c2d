"""How much one call of the search reads, whatever the table holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from email_store.claims import queued
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.dynamodb.unit_items import result_items
from email_store.records import EmailRecord
from email_store.search import EmailQuery
from email_store.search_page import ENTRIES, INDEX_QUERIES, KEYS
from email_store.states import EmailState
from tests.email_table import HASHES

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class EndlessClient:
    """A table with an email each minute, for ever, or with none."""

    def __init__(self, recipients: int, *, is_empty: bool = False) -> None:
        self.calls: Counter[str] = Counter()
        self.keys = 0
        self._is_empty = is_empty
        addresses = [f"p{number}@example.com" for number in range(recipients)]
        record = EmailRecord(email_id="e", fingerprint="f", created_at=NOW)
        self._results = result_items(queued(addresses, record))

    def query(self, **params: Any) -> Any:
        self.calls["query"] += 1
        values = _plain(params["ExpressionAttributeValues"])
        first, at = (datetime.fromisoformat(values[name]) for name in (":first", ":last"))
        if "ExclusiveStartKey" in params:
            at = datetime.fromisoformat(_plain(params["ExclusiveStartKey"])["at"]) - MINUTE
        times = [] if self._is_empty else _minutes(first, at)
        items = [
            {"at": at.isoformat(), "pk": f"EMAIL#{at.isoformat()}", "sk": "EMAIL"}
            for at, _ in zip(times, range(params["Limit"]), strict=False)
        ]
        page = {"Items": list(map(_typed, items))}
        return page | {"LastEvaluatedKey": items[-1]} if len(items) == params["Limit"] else page

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803
        self.calls["batch_get_item"] += 1
        keys = [_plain(key) for key in RequestItems["emails"]["Keys"]]
        assert len(keys) <= 100
        self.keys += len(keys)
        items = [self._email(key) for key in keys if key["sk"] == "EMAIL"]
        return {"Responses": {"emails": list(map(_typed, items))}}

    def _email(self, key: dict[str, Any]) -> dict[str, Any]:
        return key | {
            "email_id": key["pk"].removeprefix("EMAIL#"),
            "fingerprint": "f",
            "created_at": key["pk"].removeprefix("EMAIL#"),
            "from_email": "",
            "subject": "",
            "tags": [],
            "metadata": {},
            "recipient_count": len(self._results),
            "chunk_count": 0,
            "errors": [],
            "results": self._results,
            "attempt": 0,
            "lease_until": 0,
            "is_settled": False,
        }


def _minutes(first: datetime, at: datetime) -> Iterator[datetime]:
    at = at.replace(second=0, microsecond=0)
    while at >= first:
        yield at
        at -= MINUTE


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def _typed(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def store_of(client: EndlessClient) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(client, "emails", timedelta(days=30), HASHES)  # type: ignore[arg-type]


def test_call_over_idle_hours_ends_with_a_next_page() -> None:
    client = EndlessClient(1, is_empty=True)
    position, calls = None, 0

    while calls == 0 or position is not None:
        page = store_of(client).find_emails(EmailQuery(), now=NOW, limit=50, position=position)
        position, calls = page.next_position, calls + 1

    assert client.calls["query"] <= 30 * 24 + 2
    assert calls == -(-30 * 24 // INDEX_QUERIES)
    assert client.keys == 0


@pytest.mark.parametrize("recipient", [None, "p0@example.com"])
def test_filter_that_nothing_matches_is_bounded(recipient: str | None) -> None:
    client = EndlessClient(1)
    query = EmailQuery(recipient=recipient, state=EmailState.COMPLAINED)

    page = store_of(client).find_emails(query, now=NOW, limit=100)

    assert page.rows == []
    assert page.next_position is not None
    assert client.calls["query"] <= INDEX_QUERIES
    assert client.keys <= 2 * ENTRIES


def test_states_of_many_recipients_are_bounded() -> None:
    client = EndlessClient(99)

    page = store_of(client).find_emails(EmailQuery(), now=NOW, limit=100)

    assert len(page.rows) == KEYS // 99
    assert page.next_position is not None
    assert client.keys <= KEYS + 100


def test_page_of_plain_emails_takes_few_calls() -> None:
    client = EndlessClient(1)

    page = store_of(client).find_emails(EmailQuery(recipient="p0@example.com"), now=NOW, limit=50)

    assert len(page.rows) == 50
    assert client.calls == {"query": 1, "batch_get_item": 2}
    assert client.keys == 100
