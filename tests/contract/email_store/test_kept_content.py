"""The record of an email says where its message is kept, and which email it sends again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import Claim, SendUnit
from email_store.erasure import WRITERS_SECONDS
from email_store.records import EmailRecord, KeptContent
from email_store.store import EmailStore

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ANNA = "anna@example.com"
UNIT = SendUnit("order-1")
RECORD = EmailRecord(
    email_id="order-1",
    fingerprint="f1",
    created_at=NOW,
    recipient_count=1,
    resent_from="order-0",
)
KEPT = KeptContent("kept/order-1/f1/message.json", NOW + timedelta(days=7))
RESULTS = {ANNA: RecipientStatus(ANNA, SendState.ACCEPTED, "ses-1")}


def claimed(store: EmailStore, at: datetime = NOW) -> Claim:
    return store.claim(RECORD, UNIT, (ANNA,), now=at, lease_seconds=90)


def stored(store: EmailStore) -> EmailRecord:
    view = store.load("order-1")
    assert view is not None
    assert view.record is not None
    return view.record


def test_new_email_has_no_kept_content(store: EmailStore) -> None:
    claim = claimed(store)

    assert claim.kept is None
    assert (stored(store).kept, stored(store).content_key) == (None, None)
    assert not stored(store).has_content(NOW)


def test_settled_email_says_where_its_content_is(store: EmailStore) -> None:
    store.settle(replace(claimed(store), kept=KEPT), RESULTS)

    record, unit = stored(store), store.find_unit("order-1")
    assert record.content_key == KEPT.key
    assert record.kept == KEPT
    assert unit is not None
    assert unit.kept == KEPT


def test_kept_content_counts_as_deleted_from_its_time_on(store: EmailStore) -> None:
    store.settle(replace(claimed(store), kept=KEPT), RESULTS)

    record = stored(store)
    assert record.has_content(KEPT.until - timedelta(seconds=1))
    assert not record.has_content(KEPT.until)


def test_next_worker_finds_the_content_of_the_first(store: EmailStore) -> None:
    store.release(replace(claimed(store), kept=KEPT), RESULTS)

    again = claimed(store, NOW + timedelta(minutes=5))
    store.settle(again, RESULTS)

    assert again.kept == KEPT
    assert stored(store).kept == KEPT


def test_lost_lease_stores_no_content(store: EmailStore) -> None:
    late = replace(claimed(store), kept=KEPT)
    claimed(store, NOW + timedelta(minutes=5))

    assert not store.settle(late, RESULTS)
    assert stored(store).kept is None


def test_content_of_a_registered_email_is_noted(store: EmailStore) -> None:
    claim = store.register(RECORD, (ANNA,))

    assert store.note_kept(replace(claim, kept=KEPT))

    assert stored(store).kept == KEPT
    assert store.register(RECORD, (ANNA,)).kept == KEPT
    assert claimed(store).kept == KEPT


def test_content_of_an_unknown_email_is_not_noted(store: EmailStore) -> None:
    other = Claim(SendUnit("order-2"), claimed(store).status, kept=KEPT)

    assert not store.note_kept(other)
    assert store.load("order-2") is None


def test_content_of_a_chunk_changes_nothing_of_the_email(store: EmailStore) -> None:
    large = replace(RECORD, chunk_count=1, recipient_count=60)
    whole = store.claim(large, UNIT, (), now=NOW, lease_seconds=90)
    store.settle(replace(whole, kept=KEPT), {})

    chunk = store.claim(large, SendUnit("order-1", 1), (ANNA,), now=NOW, lease_seconds=90)
    store.settle(chunk, RESULTS)

    assert chunk.kept is None
    assert stored(store).kept == KEPT


def test_email_says_which_email_it_sends_again(store: EmailStore) -> None:
    claimed(store)

    assert stored(store).resent_from == "order-0"


# Erased recipients: the message was deleted


def erase(store: EmailStore, at: datetime) -> None:
    store.erase(ANNA, now=at, forget=lambda _email: 0)


def test_worker_that_ends_after_an_erasure_names_no_content(store: EmailStore) -> None:
    claim = replace(claimed(store), kept=KEPT)
    erase(store, NOW)
    erase(store, NOW + timedelta(seconds=WRITERS_SECONDS))

    assert store.settle(claim, RESULTS)

    assert stored(store).kept is None


def test_content_of_an_erased_email_is_not_noted(store: EmailStore) -> None:
    claim = store.register(RECORD, (ANNA,))
    erase(store, NOW)

    assert not store.note_kept(replace(claim, kept=KEPT))

    assert stored(store).kept is None


def test_message_of_a_large_email_outlives_an_erasure(store: EmailStore) -> None:
    large = replace(RECORD, chunk_count=1, recipient_count=60)
    whole = store.claim(large, UNIT, (), now=NOW, lease_seconds=90)
    store.claim(large, SendUnit("order-1", 1), (ANNA,), now=NOW, lease_seconds=90)
    erase(store, NOW)

    store.settle(replace(whole, kept=KEPT), {})

    assert stored(store).kept == KEPT
