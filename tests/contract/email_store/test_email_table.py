"""The items in DynamoDB: their expiry, their index, the number of calls, and failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from email_store.claims import SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.dynamodb.table import BATCH_GET_TRIES, Table
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Suppression
from email_store.states import EmailState
from email_store.store import StoreError
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
RETENTION = timedelta(days=30)
EXPIRY = int((NOW + RETENTION).timestamp())
ANNA, BEN = "anna@example.com", "ben@example.com"
RECORD = EmailRecord(email_id="k", fingerprint="f", created_at=NOW)
RECIPIENT = RecipientRecord(
    email_id="k", address=ANNA, state=EmailState.DELIVERED, at=NOW, message_id="0100"
)
EVENT = EventRecord(
    email_id="k", event_id="e", kind="delivery", at=NOW, message_id="0100", recipient=ANNA
)


class CountingClient:
    """Passes every call on, and keeps its name."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        self.calls.append(operation)
        return getattr(self._client, operation)


@pytest.fixture
def client(dynamodb: DynamoDBClient) -> CountingClient:
    return CountingClient(dynamodb)


@pytest.fixture
def store(client: CountingClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(client, table_name, RETENTION, HASHES)  # type: ignore[arg-type]


def scan(dynamodb: DynamoDBClient, table_name: str, **index: str) -> dict[str, dict[str, Any]]:
    rows = dynamodb.scan(TableName=table_name, **index)["Items"]  # type: ignore[arg-type]
    read = TypeDeserializer().deserialize
    items = [{name: read(value) for name, value in item.items()} for item in rows]
    return {item["sk"]: item for item in items}


def fill(store: DynamoDBEmailStore) -> None:
    store.claim(RECORD, SendUnit("k"), (ANNA,), now=NOW, lease_seconds=90)
    store.claim(RECORD, SendUnit("k", 1), (ANNA,), now=NOW, lease_seconds=90)
    store.advance_recipient(RECIPIENT, now=NOW)
    store.add_event(EVENT, now=NOW)


def test_all_items_of_an_email_expire_in_epoch_seconds(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    fill(store)

    items = scan(dynamodb, table_name)

    assert {key: item["expires_at"] for key, item in items.items()} == {
        "EMAIL": EXPIRY,
        "CHUNK#0001": EXPIRY,
        f"RECIPIENT#{ANNA}": EXPIRY,
        "EVENT#2026-02-27T10:15:31+00:00#e": EXPIRY,
    }
    assert {item["pk"] for item in items.values()} == {"EMAIL#k"}


def test_a_suppression_stays(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    store.suppress(Suppression(address="Anna@example.com", reason="bounce", at=NOW))

    assert scan(dynamodb, table_name)["SUPPRESSION"] == {
        "pk": f"SUPPRESSION#{HASHES.of_address(ANNA)}",
        "sk": "SUPPRESSION",
        "address": "Anna@example.com",
        "reason": "bounce",
        "at": NOW.isoformat(),
        "period": "suppressions",
    }


def test_indexes_hold_the_email_and_no_state_of_it(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    store.claim(RECORD, SendUnit("k"), (ANNA,), now=NOW, lease_seconds=90)
    store.advance_recipient(RECIPIENT, now=NOW, record=RECORD)
    store.add_event(EVENT, now=NOW)

    for index in ("by_recipient", "by_time"):
        assert set(scan(dynamodb, table_name, IndexName=index)) == {"EMAIL"}


def test_several_recipients_have_pointers_that_expire(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    store.claim(RECORD, SendUnit("k"), ("Anna@x.org", BEN), now=NOW, lease_seconds=90)

    indexed = scan(dynamodb, table_name, IndexName="by_recipient")

    assert set(indexed) == {"TO#anna@x.org", f"TO#{BEN}"}
    assert {item["at"] for item in indexed.values()} == {NOW.isoformat()}
    assert {item["expires_at"] for item in scan(dynamodb, table_name).values()} == {EXPIRY}
    assert set(scan(dynamodb, table_name, IndexName="by_time")) == {"EMAIL"}


def test_a_retry_writes_no_pointer_again(store: DynamoDBEmailStore, client: CountingClient) -> None:
    claim = store.claim(RECORD, SendUnit("k"), (ANNA, BEN), now=NOW, lease_seconds=90)
    store.release(claim, claim.results)
    client.calls.clear()

    claim_later(store)

    assert client.calls == ["update_item", "batch_get_item", "batch_get_item"]


def test_pointers_that_a_crash_left_out_are_written(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    store.claim(RECORD, SendUnit("k"), (ANNA, BEN), now=NOW, lease_seconds=90)
    key = {"pk": {"S": "EMAIL#k"}, "sk": {"S": f"TO#{BEN}"}}
    dynamodb.delete_item(TableName=table_name, Key=key)

    claim_later(store)

    indexed = scan(dynamodb, table_name, IndexName="by_recipient")
    assert {item["at"] for item in indexed.values()} == {NOW.isoformat()}
    assert len(indexed) == 2


def claim_later(store: DynamoDBEmailStore) -> None:
    later = NOW + timedelta(hours=1)
    record = replace(RECORD, created_at=later)
    store.claim(record, SendUnit("k"), (ANNA, BEN), now=later, lease_seconds=90)


def test_move_keeps_the_pointers_as_long_as_the_email(
    store: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    record = replace(RECORD, send_at=NOW + timedelta(hours=1))
    store.register(record, (ANNA, BEN))
    found = store.find_unit("k")
    assert found is not None

    assert store.move("k", found, NOW + timedelta(days=99), now=NOW)

    assert {item["expires_at"] for item in scan(dynamodb, table_name).values()} == {
        int((NOW + timedelta(days=99) + RETENTION).timestamp())
    }


def test_claim_and_settle_are_one_write_each(
    store: DynamoDBEmailStore, client: CountingClient
) -> None:
    claim = store.claim(RECORD, SendUnit("k"), (ANNA,), now=NOW, lease_seconds=90)
    store.settle(claim, claim.results)

    assert client.calls == ["update_item", "update_item"]


def test_pointers_of_25_recipients_are_one_write(
    store: DynamoDBEmailStore, client: CountingClient
) -> None:
    people = [f"p{number}@example.com" for number in range(50)]

    claim = store.claim(RECORD, SendUnit("k"), people, now=NOW, lease_seconds=90)
    store.settle(claim, claim.results)

    assert client.calls == ["update_item", *["batch_write_item"] * 2, "update_item"]


def test_an_email_of_many_pages_is_read_whole(store: DynamoDBEmailStore) -> None:
    fill(store)
    for number in range(12):
        event = EventRecord(
            email_id="k",
            event_id=f"large-{number}",
            kind="open",
            at=NOW,
            message_id="0100",
            raw={"text": "x" * 100_000},
        )
        store.add_event(event, now=NOW)

    email = store.load("k")

    assert email is not None
    assert len(email.timeline) == 13
    assert email.recipients[0].state is EmailState.DELIVERED


def test_a_table_that_is_not_there_is_a_store_error(client: CountingClient) -> None:
    store = DynamoDBEmailStore(client, "no-such-table", RETENTION, HASHES)  # type: ignore[arg-type]

    with pytest.raises(StoreError) as caught:
        store.claim(RECORD, SendUnit("k"), (ANNA,), now=NOW, lease_seconds=90)

    assert isinstance(caught.value.__cause__, ClientError)


class HalfDeafClient:
    """Leaves all keys but the first unprocessed, so often."""

    def __init__(self, times: int) -> None:
        self._times = times

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803
        keys = RequestItems["emails"]["Keys"]
        if self._times == 0:
            return {"Responses": {"emails": keys}}
        self._times -= 1
        left = {"emails": {"Keys": keys[1:] or keys, "ConsistentRead": True}}
        return {"Responses": {"emails": keys[:1] if keys[1:] else []}, "UnprocessedKeys": left}


class SlowWriter:
    """Leaves all items but the first unprocessed, so often."""

    def __init__(self, times: int) -> None:
        self._times = times
        self.written: list[Any] = []

    def batch_write_item(self, *, RequestItems: Any) -> Any:  # noqa: N803
        puts = RequestItems["emails"]
        taken = 1 if self._times else len(puts)
        self._times -= 1 if self._times else 0
        self.written += puts[:taken]
        return {"UnprocessedItems": {"emails": puts[taken:]} if puts[taken:] else {}}


def test_unprocessed_items_are_written_again_with_backoff() -> None:
    client, pauses = SlowWriter(2), list[float]()
    table = Table(client, "emails", pauses.append)  # type: ignore[arg-type]

    table.put_many({"pk": str(number), "sk": "s"} for number in range(30))

    keys = [put["PutRequest"]["Item"]["pk"]["S"] for put in client.written]
    assert sorted(keys) == sorted(str(number) for number in range(30))
    assert pauses == [0.05, 0.1]


def test_items_that_stay_unprocessed_are_a_store_error() -> None:
    table = Table(SlowWriter(BATCH_GET_TRIES), "emails", lambda _: None)  # type: ignore[arg-type]

    with pytest.raises(StoreError):
        table.put_many({"pk": str(number), "sk": "s"} for number in range(25))


def test_unprocessed_keys_are_requested_again_with_backoff() -> None:
    pauses: list[float] = []
    table = Table(HalfDeafClient(2), "emails", pauses.append)  # type: ignore[arg-type]

    items = table.get_many([{"pk": str(number), "sk": "s"} for number in range(4)])

    assert sorted(item["pk"] for item in items) == ["0", "1", "2", "3"]
    assert pauses == [0.05, 0.1]


def test_keys_that_stay_unprocessed_are_a_store_error() -> None:
    table = Table(HalfDeafClient(BATCH_GET_TRIES), "emails", lambda _: None)  # type: ignore[arg-type]

    with pytest.raises(StoreError):
        table.get_many([{"pk": "1", "sk": "s"}])
