"""A claim whose further steps fail leaves no lease behind: the next attempt sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from email_store.claims import ClaimStatus, SendUnit
from email_store.dynamodb.pointers import pointer_key
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.records import EmailRecord
from email_store.store import StoreError
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from email_store.claims import Claim

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
RETENTION = timedelta(days=30)
BOTH = ("anna@example.com", "ben@example.com")
RECORD = EmailRecord(email_id="k", fingerprint="f", created_at=NOW, recipient_count=2)


class ThrottledClient:
    """Refuses some operations."""

    def __init__(self, client: DynamoDBClient, *refused: str) -> None:
        self.client = client
        self.refused = refused

    def __getattr__(self, operation: str) -> Any:
        if operation in self.refused:
            raise ClientError(
                {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation
            )
        return getattr(self.client, operation)


def claim(store: DynamoDBEmailStore, at: datetime = NOW) -> Claim:
    return store.claim(RECORD, SendUnit("k"), BOTH, now=at, lease_seconds=900)


@pytest.fixture
def client(dynamodb: DynamoDBClient) -> ThrottledClient:
    return ThrottledClient(dynamodb)


@pytest.fixture
def store(client: ThrottledClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(client, table_name, RETENTION, HASHES)  # type: ignore[arg-type]


def test_claim_without_its_pointers_is_claimed_again(
    store: DynamoDBEmailStore, client: ThrottledClient
) -> None:
    client.refused = ("batch_write_item",)
    with pytest.raises(StoreError):
        claim(store)
    client.refused = ()

    again = claim(store)

    assert again.status is ClaimStatus.CLAIMED
    pointers = store.table.get_many(pointer_key("k", address) for address in BOTH)
    assert {item["recipient"] for item in pointers} == set(BOTH)


def test_takeover_that_cannot_read_is_claimed_again(
    store: DynamoDBEmailStore, client: ThrottledClient
) -> None:
    claim(store)
    later = NOW + timedelta(seconds=900)
    client.refused = ("batch_get_item",)
    with pytest.raises(StoreError):
        claim(store, later)
    client.refused = ()

    assert claim(store, later).status is ClaimStatus.CLAIMED


def test_first_failure_is_raised_when_the_lease_stays(
    store: DynamoDBEmailStore, client: ThrottledClient
) -> None:
    client.refused = ("batch_write_item",)
    update = store.table.update
    calls = []

    def once(*args: Any) -> Any:
        calls.append(args)
        if len(calls) > 1:
            raise StoreError("second")
        return update(*args)

    store.table.update = once  # type: ignore[method-assign, assignment]

    with pytest.raises(StoreError, match="batch_write_item"):
        claim(store)
