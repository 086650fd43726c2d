"""An email that waits for its time can be moved or canceled until a worker claims it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import Claim, ClaimStatus, SendUnit, UnitState
from email_store.records import EmailRecord
from email_store.states import EmailState
from email_store.store import EmailStore

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
ANNA, BEN = "anna@example.com", "ben@example.com"
UNIT = SendUnit("reminder")
RECORD = EmailRecord(
    email_id="reminder",
    fingerprint="f1",
    created_at=NOW,
    recipient_count=2,
    send_at=LATER,
    expires_at=LATER + timedelta(hours=1),
)
RESULTS = {ANNA: RecipientStatus(ANNA, SendState.ACCEPTED, "ses-1")}


def claim(store: EmailStore, at: datetime, fingerprint: str = "f1") -> Claim:
    record = replace(RECORD, created_at=at, fingerprint=fingerprint)
    return store.claim(record, UNIT, (ANNA, BEN), now=at, lease_seconds=90)


def found(store: EmailStore) -> UnitState:
    unit = store.find_unit("reminder")
    assert unit is not None
    return unit


def states(store: EmailStore) -> set[EmailState]:
    view = store.load("reminder")
    assert view is not None
    return {recipient.state for recipient in view.recipients}


@pytest.fixture
def scheduled(store: EmailStore) -> EmailStore:
    assert store.register(RECORD, (ANNA, BEN)).status is ClaimStatus.SCHEDULED
    return store


def test_scheduled_email_keeps_its_times(scheduled: EmailStore) -> None:
    unit, view = found(scheduled), scheduled.load("reminder")

    assert (unit.send_at, unit.expires_at) == (LATER, LATER + timedelta(hours=1))
    assert (unit.generation, unit.is_waiting, unit.is_scheduled) == (1, True, True)
    assert view is not None
    assert view.record is not None
    assert (view.record.send_at, view.record.expires_at) == (unit.send_at, unit.expires_at)
    assert view.state is EmailState.SCHEDULED
    assert view.counts == {EmailState.SCHEDULED: 2}


def test_email_is_claimed_at_its_time_and_not_before(scheduled: EmailStore) -> None:
    early = claim(scheduled, LATER - timedelta(seconds=1))
    due = claim(scheduled, LATER)

    assert early.status is ClaimStatus.SCHEDULED
    assert early.send_at == LATER
    assert due.status is ClaimStatus.CLAIMED
    assert due.expires_at == LATER + timedelta(hours=1)
    assert states(scheduled) == {EmailState.SENDING}


def test_repeated_request_finds_the_schedule(scheduled: EmailStore) -> None:
    again = scheduled.register(replace(RECORD, created_at=NOW + timedelta(hours=1)), (ANNA, BEN))
    other = scheduled.register(replace(RECORD, fingerprint="f2"), (ANNA, BEN))

    assert (again.status, again.generation) == (ClaimStatus.SCHEDULED, 1)
    assert other.status is ClaimStatus.CONFLICT


def test_moved_email_is_claimed_at_its_new_time(scheduled: EmailStore) -> None:
    sooner = NOW + timedelta(minutes=5)

    assert scheduled.move("reminder", found(scheduled), sooner, now=NOW)

    assert (found(scheduled).send_at, found(scheduled).generation) == (sooner, 2)
    assert claim(scheduled, sooner - timedelta(seconds=1)).status is ClaimStatus.SCHEDULED
    assert claim(scheduled, sooner).status is ClaimStatus.CLAIMED


def test_email_moved_away_is_not_claimed_at_its_old_time(scheduled: EmailStore) -> None:
    scheduled.move("reminder", found(scheduled), LATER + timedelta(days=1), now=NOW)

    late = claim(scheduled, LATER)

    assert (late.status, late.generation) == (ClaimStatus.SCHEDULED, 2)


def test_second_of_two_moves_at_once_is_refused(scheduled: EmailStore) -> None:
    before = found(scheduled)

    first = scheduled.move("reminder", before, NOW, now=NOW)
    second = scheduled.move("reminder", before, LATER, now=NOW)

    assert (first, second) == (True, False)
    assert found(scheduled).send_at == NOW


def test_canceled_email_is_never_claimed(scheduled: EmailStore) -> None:
    assert scheduled.cancel("reminder", found(scheduled))

    assert claim(scheduled, LATER).status is ClaimStatus.SETTLED
    assert scheduled.register(RECORD, (ANNA, BEN)).status is ClaimStatus.SETTLED
    assert claim(scheduled, LATER, "f2").status is ClaimStatus.CONFLICT
    assert states(scheduled) == {EmailState.CANCELED}
    assert found(scheduled).is_canceled


def test_canceled_email_is_neither_moved_nor_canceled_again(scheduled: EmailStore) -> None:
    before = found(scheduled)
    scheduled.cancel("reminder", before)

    assert not scheduled.move("reminder", before, LATER, now=NOW)
    assert not scheduled.cancel("reminder", before)


@pytest.mark.parametrize("end", ["claimed", "released", "settled"])
def test_claimed_email_is_neither_moved_nor_canceled(scheduled: EmailStore, end: str) -> None:
    before = found(scheduled)
    claimed = claim(scheduled, LATER)
    if end == "released":
        scheduled.release(claimed, claimed.results)
    if end == "settled":
        scheduled.settle(claimed, RESULTS)

    assert not scheduled.move("reminder", before, LATER, now=LATER)
    assert not scheduled.cancel("reminder", before)


def test_queued_email_can_be_canceled(store: EmailStore) -> None:
    queued = replace(RECORD, send_at=None, expires_at=None)
    store.register(queued, (ANNA, BEN))

    assert store.cancel("reminder", found(store))

    assert claim(store, NOW).status is ClaimStatus.SETTLED


@pytest.mark.parametrize("is_canceled", [False, True], ids=["waiting", "canceled"])
def test_large_email_is_counted_in_the_state_of_its_waiting(
    store: EmailStore, is_canceled: bool
) -> None:
    store.register(replace(RECORD, recipient_count=40_000, chunk_count=800), ())
    if is_canceled:
        store.cancel("reminder", found(store))

    view = store.load("reminder")

    state = EmailState.CANCELED if is_canceled else EmailState.SCHEDULED
    assert view is not None
    assert (view.state, view.counts) == (state, {state: 40_000})


def test_unknown_email_has_no_unit(store: EmailStore) -> None:
    assert store.find_unit("unknown") is None
