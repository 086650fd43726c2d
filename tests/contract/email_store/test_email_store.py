"""The promises of each EmailStore."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import Claim, ClaimStatus, SendUnit
from email_store.records import EmailRecord, EventRecord, KnownEvents, RecipientRecord, Suppression
from email_store.states import EmailState
from email_store.store import EmailStore
from email_store.view import TIMELINE_LIMIT

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
LEASE = 90
ANNA, BEN = "anna@example.com", "ben@example.com"
ID = "order-1234"
UNIT = SendUnit(ID)
RECORD = EmailRecord(
    email_id=ID,
    fingerprint="f1",
    created_at=NOW,
    from_email="Shop <shop@example.com>",
    subject="Grüße",
    tags=("welcome",),
    metadata={"order:id": "1234"},
    recipient_count=2,
)
ACCEPTED = {
    address: RecipientStatus(address, SendState.ACCEPTED, f"ses-{address}")
    for address in (ANNA, BEN)
}


def claim(
    store: EmailStore, *, at: datetime = NOW, unit: SendUnit = UNIT, fingerprint: str = "f1"
) -> Claim:
    record = replace(RECORD, fingerprint=fingerprint)
    return store.claim(record, unit, (ANNA, BEN), now=at, lease_seconds=LEASE)


def recipient(state: EmailState, address: str = ANNA, at: datetime = NOW) -> RecipientRecord:
    return RecipientRecord(
        email_id=ID,
        address=address,
        state=state,
        at=at,
        message_id="0100",
        error_message=state.value,
    )


def event(event_id: str = "e1", at: datetime = NOW) -> EventRecord:
    return EventRecord(
        email_id=ID,
        event_id=event_id,
        kind="delivery",
        at=at,
        message_id="0100",
        recipient=ANNA,
        details={"processing_ms": 12, "smtp_response": None},
        raw={"eventType": "Delivery", "float": 1.5, "empty": {}},
    )


def states(store: EmailStore) -> dict[str, EmailState]:
    email = store.load(ID)
    assert email is not None
    return {recipient.address: recipient.state for recipient in email.recipients}


# Claim, settle, release


def test_the_first_claim_is_granted_with_every_recipient_queued(store: EmailStore) -> None:
    granted = claim(store)

    assert granted.status is ClaimStatus.CLAIMED
    assert {status.state for status in granted.results.values()} == {SendState.QUEUED}
    assert set(granted.results) == {ANNA, BEN}
    assert states(store) == {ANNA: EmailState.SENDING, BEN: EmailState.SENDING}


def test_a_settled_email_is_replayed_with_its_results(store: EmailStore) -> None:
    failed = RecipientStatus(BEN, SendState.REJECTED, None, "MessageRejected", "no", RetryHint.NO)
    results = {**ACCEPTED, BEN: failed}
    assert store.settle(claim(store), results)

    replay = claim(store, at=NOW + timedelta(days=1))

    assert replay.status is ClaimStatus.SETTLED
    assert replay.results == results


def test_a_held_lease_makes_others_wait(store: EmailStore) -> None:
    claim(store)

    assert claim(store, at=NOW + timedelta(seconds=LEASE - 1)).status is ClaimStatus.BUSY


def test_a_lease_that_ran_out_is_taken_over(store: EmailStore) -> None:
    first = claim(store)
    second = claim(store, at=NOW + timedelta(seconds=LEASE))

    assert second.status is ClaimStatus.CLAIMED
    assert second.attempt == first.attempt + 1


def test_worker_that_lost_its_lease_writes_nothing(store: EmailStore) -> None:
    first = claim(store)
    second = claim(store, at=NOW + timedelta(seconds=LEASE))

    assert not store.settle(first, {})
    assert not store.release(first, {})
    assert store.settle(second, ACCEPTED)
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.ACCEPTED}


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "being sent"])
def test_another_request_with_the_same_id_is_a_conflict(store: EmailStore, settled: bool) -> None:
    first = claim(store)
    if settled:
        store.settle(first, ACCEPTED)

    assert claim(store, fingerprint="f2").status is ClaimStatus.CONFLICT


def test_released_email_is_claimable_and_keeps_its_results(
    store: EmailStore,
) -> None:
    queued = RecipientStatus(BEN, SendState.QUEUED, None, "TooManyRequestsException", "rate")
    store.release(claim(store), {ANNA: ACCEPTED[ANNA], BEN: queued})

    claimed = claim(store)

    assert claimed.status is ClaimStatus.CLAIMED
    assert claimed.results == {ANNA: ACCEPTED[ANNA], BEN: queued}


def test_released_email_that_is_held_is_busy_until_then(store: EmailStore) -> None:
    until = NOW + timedelta(minutes=15)
    store.release(claim(store), ACCEPTED, held_until=until)

    assert claim(store, at=until - timedelta(seconds=1)).status is ClaimStatus.BUSY
    assert claim(store, at=until).status is ClaimStatus.CLAIMED


def test_takeover_counts_recipients_of_events_as_accepted(store: EmailStore) -> None:
    claim(store)
    store.advance_recipient(recipient(EmailState.DELIVERED), now=NOW)

    claimed = claim(store, at=NOW + timedelta(seconds=LEASE))

    assert claimed.results[ANNA] == RecipientStatus(ANNA, SendState.ACCEPTED, "0100")
    assert claimed.results[BEN].state is SendState.QUEUED


def test_takeover_ignores_recipients_of_an_earlier_email(
    store: EmailStore,
) -> None:
    earlier = recipient(EmailState.OPENED, at=NOW - timedelta(days=31))
    store.advance_recipient(earlier, now=NOW - timedelta(days=2))
    store.advance_recipient(recipient(EmailState.ACCEPTED, BEN), now=NOW)
    for unit in (UNIT, SendUnit(ID, 1)):
        claim(store, unit=unit)

        claimed = claim(store, unit=unit, at=NOW + timedelta(seconds=LEASE))

        assert claimed.results[ANNA].state is SendState.QUEUED
        assert claimed.results[BEN].state is SendState.ACCEPTED


def test_the_clock_of_ses_may_be_a_little_behind(store: EmailStore) -> None:
    claim(store)
    store.advance_recipient(recipient(EmailState.ACCEPTED, at=NOW - timedelta(seconds=1)), now=NOW)

    claimed = claim(store, at=NOW + timedelta(seconds=LEASE))

    assert claimed.results[ANNA].state is SendState.ACCEPTED


def test_exactly_one_of_concurrent_claims_is_granted(store: EmailStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: claim(store).status, range(8)))

    assert outcomes.count(ClaimStatus.CLAIMED) == 1
    assert outcomes.count(ClaimStatus.BUSY) == 7


def test_chunks_are_claimed_apart_and_seen_together(store: EmailStore) -> None:
    first, second = claim(store, unit=SendUnit(ID, 1)), claim(store, unit=SendUnit(ID, 2))
    store.settle(first, {ANNA: ACCEPTED[ANNA]})
    store.settle(second, {BEN: ACCEPTED[BEN]})

    assert claim(store, unit=SendUnit(ID, 1)).status is ClaimStatus.SETTLED
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.ACCEPTED}


# Register, reject


def test_a_registered_email_is_queued_until_it_is_claimed(store: EmailStore) -> None:
    assert store.register(RECORD, (ANNA, BEN)).status is ClaimStatus.CLAIMED
    assert states(store) == {ANNA: EmailState.QUEUED, BEN: EmailState.QUEUED}

    assert claim(store).status is ClaimStatus.CLAIMED
    assert store.register(RECORD, (ANNA, BEN)).status is ClaimStatus.BUSY


def test_unfinished_registration_is_granted_again(
    store: EmailStore,
) -> None:
    """The first attempt to queue it may have failed."""
    store.register(RECORD, (ANNA, BEN))

    assert store.register(RECORD, (ANNA, BEN)).status is ClaimStatus.CLAIMED


def test_registering_a_settled_email_replays_it(store: EmailStore) -> None:
    store.settle(claim(store), ACCEPTED)

    second = store.register(RECORD, (ANNA, BEN))

    assert (second.status, second.results) == (ClaimStatus.SETTLED, ACCEPTED)


REJECTED = EmailRecord(
    email_id=ID,
    fingerprint="",
    created_at=NOW,
    errors=(FieldError("to", "needs at least one recipient"),),
)


def test_a_rejected_email_shows_its_broken_rules(store: EmailStore) -> None:
    assert store.reject(REJECTED)
    assert store.reject(REJECTED)

    email = store.load(ID)
    assert email is not None
    assert email.state is EmailState.REJECTED
    assert email.record == REJECTED


def test_corrected_request_replaces_the_rejected_one(store: EmailStore) -> None:
    store.reject(REJECTED)

    mended = claim(store)
    third = claim(store)

    assert (mended.status, set(mended.results)) == (ClaimStatus.CLAIMED, {ANNA, BEN})
    assert third.status is ClaimStatus.BUSY
    assert store.settle(mended, ACCEPTED)
    email = store.load(ID)
    assert email is not None
    assert email.record == RECORD
    assert email.state is EmailState.ACCEPTED


def test_the_mended_request_can_be_registered(store: EmailStore) -> None:
    store.reject(REJECTED)

    assert store.register(RECORD, (ANNA, BEN)).status is ClaimStatus.CLAIMED
    assert claim(store).attempt == 1


def test_rejection_does_not_change_an_email_with_the_same_id(store: EmailStore) -> None:
    store.settle(claim(store), ACCEPTED)

    assert not store.reject(REJECTED)
    email = store.load(ID)
    assert email is not None
    assert email.record == RECORD


# Events


def test_an_event_is_added_once(store: EmailStore) -> None:
    assert store.find_events(ID, [event()]) == KnownEvents(frozenset(), None)
    assert store.add_event(event(), now=NOW)
    assert store.find_events(ID, [event(), event("e2")]).event_ids == {event().event_id}
    assert not store.add_event(event(), now=NOW + timedelta(minutes=1))


def test_record_of_an_email_comes_with_its_known_events(store: EmailStore) -> None:
    claim(store)

    assert store.find_events(ID, [event()]) == KnownEvents(frozenset(), RECORD)


def test_the_timeline_is_in_the_order_of_time(store: EmailStore) -> None:
    late, early = event("a", NOW + timedelta(seconds=1)), event("b", NOW)
    store.add_event(late, now=NOW)
    store.add_event(early, now=NOW)

    email = store.load(ID)

    assert email is not None
    assert email.timeline == (early, late)
    assert email.timeline[0].raw == early.raw


def test_timeline_has_the_newest_events(store: EmailStore) -> None:
    count = TIMELINE_LIMIT + 3
    for number in range(count):
        store.add_event(event(f"e{number}", NOW + timedelta(seconds=number)), now=NOW)

    email = store.load(ID)

    assert email is not None
    assert [event.event_id for event in email.timeline] == [f"e{n}" for n in range(3, count)]


def test_view_says_that_an_email_is_sensitive(store: EmailStore) -> None:
    record = replace(RECORD, subject="", is_sensitive=True)
    store.claim(record, UNIT, (ANNA, BEN), now=NOW, lease_seconds=LEASE)

    view = store.load(ID)

    assert view is not None
    assert view.record is not None
    assert (view.record.is_sensitive, view.record.subject) == (True, "")


def test_late_delivery_delay_does_not_erase_a_bounce(store: EmailStore) -> None:
    assert store.advance_recipient(recipient(EmailState.BOUNCED), now=NOW)
    assert not store.advance_recipient(recipient(EmailState.DELAYED), now=NOW)

    assert states(store) == {ANNA: EmailState.BOUNCED}


def test_the_first_of_two_equal_states_stays(store: EmailStore) -> None:
    store.advance_recipient(recipient(EmailState.OPENED), now=NOW)

    later = recipient(EmailState.OPENED, at=NOW + timedelta(days=1))
    assert not store.advance_recipient(later, now=NOW)


def test_events_come_before_the_record_and_win_over_its_result(store: EmailStore) -> None:
    store.advance_recipient(recipient(EmailState.DELIVERED), now=NOW)
    before = store.load(ID)
    assert before is not None
    assert (before.record, before.state) == (None, EmailState.DELIVERED)

    store.settle(claim(store), ACCEPTED)

    after = store.load(ID)
    assert after is not None
    assert after.record == RECORD
    assert states(store) == {ANNA: EmailState.DELIVERED, BEN: EmailState.ACCEPTED}
    assert after.state is EmailState.ACCEPTED


def test_view_leaves_out_an_earlier_email_with_the_same_id(
    store: EmailStore,
) -> None:
    long_ago = NOW - timedelta(days=31)
    earlier = replace(RECORD, created_at=long_ago)
    store.claim(earlier, SendUnit(ID, 2), ("carl@example.com",), now=long_ago, lease_seconds=LEASE)
    store.advance_recipient(recipient(EmailState.COMPLAINED, at=long_ago), now=NOW)

    store.settle(claim(store), ACCEPTED)

    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.ACCEPTED}


def test_unknown_email_is_none(store: EmailStore) -> None:
    assert store.load("nobody-knows") is None


# Suppression list


def test_suppression_lookup_ignores_letter_case(store: EmailStore) -> None:
    entry = Suppression(address="Anna@example.com", reason="bounce", at=NOW, email_id=ID)
    store.suppress(entry)
    store.suppress(entry)

    assert store.suppressed(["ANNA@example.com", BEN]) == {"ANNA@example.com"}


def test_suppression_is_read_and_removed_in_any_letter_case(store: EmailStore) -> None:
    entry = Suppression(address="Carl@example.com", reason="bounce", at=NOW, email_id=ID)
    store.suppress(entry)

    assert store.suppression("carl@example.com") == entry
    assert store.unsuppress("CARL@example.com")
    assert not store.unsuppress("CARL@example.com")
    assert store.suppression("carl@example.com") is None
    assert store.suppressed(["carl@example.com"]) == set()


def listed(reason: str, days: int) -> Suppression:
    at = NOW + timedelta(days=days)
    return Suppression(
        address="dora@example.com", reason=reason, at=at, email_id=f"{reason}-{days}"
    )


@pytest.mark.parametrize(
    ("first", "second", "standing"),
    [
        (listed("complaint", 0), listed("bounce", 1), listed("complaint", 0)),
        (listed("complaint", 1), listed("bounce", 0), listed("complaint", 1)),
        (listed("bounce", 0), listed("complaint", 1), listed("complaint", 1)),
        (listed("bounce", 1), listed("complaint", 0), listed("complaint", 0)),
        (listed("bounce", 0), listed("bounce", 1), listed("bounce", 1)),
        (listed("bounce", 1), listed("bounce", 0), listed("bounce", 1)),
        (listed("complaint", 0), listed("complaint", 1), listed("complaint", 1)),
    ],
    ids=lambda entry: f"{entry.reason} of day {entry.at.day - NOW.day}",
)
def test_complaint_replaces_a_bounce_and_newer_replaces_older(
    store: EmailStore, first: Suppression, second: Suppression, standing: Suppression
) -> None:
    store.suppress(first)
    store.suppress(second)

    assert store.suppression("dora@example.com") == standing


def test_many_addresses_are_looked_up_at_once(store: EmailStore) -> None:
    addresses = [f"p{number}@example.com" for number in range(250)]
    store.suppress(Suppression(address=addresses[249], reason="complaint", at=NOW))

    assert store.suppressed(addresses) == {addresses[249]}
    assert store.suppressed([]) == set()
