"""The suppression list has a key, and nobody is sent to with another one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from email_store.address_hashes import AddressHashes
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.records import Suppression
from email_store.store import SuppressionKeyError
from tests.contract.email_store.conftest import RETENTION
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
ANNA, BEN = "anna@example.com", "ben@example.com"
BOUNCE = Suppression(address=ANNA, reason="bounce", at=NOW)


@pytest.fixture
def first(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)


@pytest.fixture
def second(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBEmailStore:
    """A store of the same table with another key."""
    return DynamoDBEmailStore(dynamodb, table_name, RETENTION, AddressHashes(b"another key" * 4))


def test_a_list_without_entries_takes_any_key(
    first: DynamoDBEmailStore, second: DynamoDBEmailStore
) -> None:
    assert first.suppressed([ANNA]) == second.suppressed([ANNA]) == set()


def test_another_key_does_not_allow_a_suppressed_address(
    first: DynamoDBEmailStore, second: DynamoDBEmailStore
) -> None:
    first.suppress(BOUNCE)

    for read in (second.suppressed, second.suppressed_and_note):
        with pytest.raises(SuppressionKeyError, match="SUPPRESSION_KEY"):
            read([BEN])
    with pytest.raises(SuppressionKeyError):
        second.suppression(ANNA)
    assert first.suppressed([ANNA, BEN]) == {ANNA}


def test_another_key_writes_no_entry(first: DynamoDBEmailStore, second: DynamoDBEmailStore) -> None:
    first.suppress(BOUNCE)

    with pytest.raises(SuppressionKeyError):
        second.suppress(BOUNCE)
    assert first.suppression(ANNA) == BOUNCE


def test_the_rate_note_keeps_the_check_of_the_key(
    first: DynamoDBEmailStore, second: DynamoDBEmailStore
) -> None:
    first.suppress(BOUNCE)
    first.mark_bulk(1.0, 2.0)
    first.count_transactional(3)

    with pytest.raises(SuppressionKeyError):
        second.suppressed_and_note([ANNA])
    suppressed, note = first.suppressed_and_note([ANNA])
    assert (suppressed, note.transactional_count) == ({ANNA}, 3)


def test_the_table_does_not_tell_the_key(
    first: DynamoDBEmailStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    first.suppress(BOUNCE)

    items = str(dynamodb.scan(TableName=table_name)["Items"])
    assert HASHES.key.decode() not in items
    assert HASHES.key.hex() not in items
    assert HASHES.key.decode() not in repr(HASHES)
