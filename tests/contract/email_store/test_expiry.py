"""An id is used again after the retention, while DynamoDB still has some of its expired items."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import Claim, ClaimStatus, SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Repeat
from email_store.search import EmailQuery
from email_store.states import EmailState
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MARCH = datetime(2026, 3, 1, 9, tzinfo=UTC)
RETENTION = timedelta(days=30)
APRIL = MARCH + RETENTION
ANNA, BEN = "anna@example.com", "ben@example.com"
EMAIL, CHUNK = SendUnit("newsletter"), SendUnit("newsletter", 1)
ACCEPTED = {ANNA: RecipientStatus(ANNA, SendState.ACCEPTED, "0100-march")}


@pytest.fixture
def store(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)


def claim(
    store: DynamoDBEmailStore,
    unit: SendUnit,
    at: datetime,
    subject: str = "March",
    address: str = ANNA,
) -> Claim:
    record = EmailRecord(email_id="newsletter", fingerprint=subject, created_at=at, subject=subject)
    return store.claim(record, unit, (address,), now=at, lease_seconds=90)


@pytest.mark.parametrize("chunk_count", [0, 1], ids=["plain", "large"])
def test_what_belongs_to_an_email_expires_with_it(
    dynamodb: DynamoDBClient, table_name: str, store: DynamoDBEmailStore, chunk_count: int
) -> None:
    """Otherwise it could not be found to erase it, when the email is gone."""
    record = EmailRecord(
        email_id="newsletter",
        fingerprint="x",
        created_at=MARCH,
        chunk_count=chunk_count,
        recipient_count=1,
    )
    store.claim(record, EMAIL, (ANNA,), now=MARCH, lease_seconds=90)
    later = MARCH + timedelta(days=20)
    person = RecipientRecord(
        email_id="newsletter", address=ANNA, state=EmailState.CLICKED, at=MARCH, message_id="1"
    )
    click = EventRecord(
        email_id="newsletter", event_id="1", kind="click", at=later, message_id="1", recipient=ANNA
    )

    store.advance_recipient(person, now=later, record=record)
    store.add_event(click, now=later, record=record)
    store.count_repeat("newsletter", Repeat("click", ANNA), now=later, record=record)

    items = dynamodb.scan(TableName=table_name)["Items"]
    assert len(items) >= 4
    expected = str(int((MARCH + RETENTION).timestamp()))
    assert {item["expires_at"].get("N") for item in items} == {expected}


@pytest.mark.parametrize("unit", [EMAIL, CHUNK], ids=["email", "chunk"])
@pytest.mark.parametrize("subject", ["March", "April"], ids=["the same request", "another one"])
@pytest.mark.parametrize("is_settled", [True, False], ids=["settled", "never settled"])
def test_expired_email_is_claimed_as_new(
    store: DynamoDBEmailStore, unit: SendUnit, subject: str, is_settled: bool
) -> None:
    old = claim(store, unit, MARCH)
    if is_settled:
        store.settle(old, ACCEPTED)

    new = claim(store, unit, APRIL, subject, BEN)
    second = claim(store, unit, APRIL, subject, BEN)

    assert (new.status, new.attempt) == (ClaimStatus.CLAIMED, 1)
    assert new.results == {BEN: RecipientStatus(BEN, SendState.QUEUED)}
    assert second.status is ClaimStatus.BUSY


def test_until_then_it_is_remembered(store: DynamoDBEmailStore) -> None:
    store.settle(claim(store, EMAIL, MARCH), ACCEPTED)

    last_second = APRIL - timedelta(seconds=1)

    assert claim(store, EMAIL, last_second).status is ClaimStatus.SETTLED
    assert claim(store, EMAIL, last_second, "April").status is ClaimStatus.CONFLICT


def test_replacement_of_an_expired_email_gets_a_new_expiry(
    store: DynamoDBEmailStore,
) -> None:
    claim(store, EMAIL, MARCH)
    store.settle(claim(store, EMAIL, APRIL, "April"), ACCEPTED)

    email = store.load("newsletter")
    assert email is not None
    assert email.record is not None
    assert (email.record.subject, email.record.created_at) == ("April", APRIL)
    last_second = APRIL + RETENTION - timedelta(seconds=1)
    assert claim(store, EMAIL, last_second, "April").status is ClaimStatus.SETTLED


def test_replaced_email_is_not_found_by_its_former_recipients(
    store: DynamoDBEmailStore,
) -> None:
    for email_id, former in (("one", (ANNA,)), ("several", (ANNA, BEN))):
        old = EmailRecord(email_id=email_id, fingerprint="March", created_at=MARCH)
        store.register(old, former)
        new = replace(old, fingerprint="April", created_at=APRIL)
        store.register(new, (BEN,))

    def found(address: str | None) -> list[str]:
        query = EmailQuery(recipient=address, since=MARCH)
        page = store.find_emails(query, now=APRIL, limit=9)
        return sorted(row.email_id for row in page.rows)

    assert found(ANNA) == []
    assert found(BEN) == ["one", "several"]


def test_expired_email_can_be_registered_or_rejected(store: DynamoDBEmailStore) -> None:
    record = EmailRecord(email_id="newsletter", fingerprint="April", created_at=APRIL)
    store.settle(claim(store, EMAIL, MARCH), ACCEPTED)

    assert store.register(record, (BEN,)).status is ClaimStatus.CLAIMED
    later = replace(record, fingerprint="", created_at=APRIL + RETENTION)
    assert store.reject(later)


def test_an_expired_state_of_a_recipient_is_no_state(store: DynamoDBEmailStore) -> None:
    opened = RecipientRecord(
        email_id="newsletter", address=ANNA, state=EmailState.OPENED, at=MARCH, message_id="0100-m"
    )
    sent = replace(opened, state=EmailState.ACCEPTED, at=APRIL, message_id="0100-a")
    store.advance_recipient(opened, now=MARCH)

    assert not store.advance_recipient(sent, now=APRIL - timedelta(seconds=1))
    assert store.advance_recipient(sent, now=APRIL)


def test_scheduled_email_is_kept_from_its_time_on(store: DynamoDBEmailStore) -> None:
    send_at = MARCH + timedelta(days=365)
    record = EmailRecord(
        email_id="newsletter", fingerprint="March", created_at=MARCH, send_at=send_at
    )
    store.register(record, (ANNA,))

    late = store.claim(
        replace(record, created_at=send_at), EMAIL, (ANNA,), now=send_at, lease_seconds=90
    )

    assert late.status is ClaimStatus.CLAIMED
    assert late.generation == 1
