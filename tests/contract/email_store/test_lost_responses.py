"""The SDK repeats a write whose response was lost. The second write must not lose to the first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from email_store.claims import ClaimStatus, SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.records import EmailRecord
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
RETENTION = timedelta(days=30)
ANNA = "anna@example.com"
UNIT = SendUnit("k")
RECORD = EmailRecord(email_id="k", fingerprint="f", created_at=NOW)
REJECTED = EmailRecord(email_id="k", fingerprint="", created_at=NOW)


class ForgetfulClient:
    """Loses the first response to each write, and repeats the write like the SDK."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        def call(**params: Any) -> Any:
            if operation in {"put_item", "update_item"}:
                getattr(self._client, operation)(**params)
            return getattr(self._client, operation)(**params)

        return call


@pytest.fixture
def store(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(ForgetfulClient(dynamodb), table_name, RETENTION, HASHES)  # type: ignore[arg-type]


@pytest.fixture
def other(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)


def test_only_the_store_that_claimed_has_the_claim(
    store: DynamoDBEmailStore, other: DynamoDBEmailStore
) -> None:
    first = store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)
    second = other.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    assert (first.status, first.attempt, set(first.results)) == (ClaimStatus.CLAIMED, 1, {ANNA})
    assert second.status is ClaimStatus.BUSY


def test_the_takeover_of_a_lease_that_ran_out_is_granted(
    store: DynamoDBEmailStore, other: DynamoDBEmailStore
) -> None:
    other.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    first = store.claim(RECORD, UNIT, (ANNA,), now=NOW + timedelta(seconds=90), lease_seconds=90)

    assert (first.status, first.attempt) == (ClaimStatus.CLAIMED, 2)


def test_the_same_store_claiming_twice_is_busy(store: DynamoDBEmailStore) -> None:
    store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    second = store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    assert second.status is ClaimStatus.BUSY


def test_corrected_request_is_claimed_by_its_store(
    store: DynamoDBEmailStore, other: DynamoDBEmailStore
) -> None:
    other.reject(REJECTED)

    first = store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)
    second = other.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    assert (first.status, first.attempt, set(first.results)) == (ClaimStatus.CLAIMED, 1, {ANNA})
    assert second.status is ClaimStatus.BUSY


def test_corrected_request_is_registered(
    store: DynamoDBEmailStore, other: DynamoDBEmailStore
) -> None:
    other.reject(REJECTED)

    assert store.register(RECORD, (ANNA,)).status is ClaimStatus.CLAIMED


def test_a_new_request_is_registered(store: DynamoDBEmailStore) -> None:
    assert store.register(RECORD, (ANNA,)).status is ClaimStatus.CLAIMED


def test_own_claim_is_settled_and_released(store: DynamoDBEmailStore) -> None:
    claim = store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)

    assert store.release(claim, claim.results)
    claimed = store.claim(RECORD, UNIT, (ANNA,), now=NOW, lease_seconds=90)
    assert store.settle(claimed, claimed.results)


def test_a_rejected_request_is_kept(store: DynamoDBEmailStore) -> None:
    assert store.reject(REJECTED)
