"""An erased person leaves no trace, nothing comes back, and nobody else loses anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import ClaimStatus, SendUnit
from email_store.erasure import Erasure
from email_store.records import EventRecord, RecipientRecord, Suppression
from email_store.search import EmailQuery
from email_store.states import EmailState
from email_store.store import EmailStore
from tests.contract.email_store.erasing import (
    ANNA,
    BOB,
    BOB_AS_ASKED,
    LATER,
    NAME,
    NOW,
    accepted,
    claim,
    erase,
    erase_all,
    notification,
    record,
    send,
    stored_text,
    traces,
    track,
    view,
)

ONE = record("one")
TWO = record("two", 2, subject="Your order", tags=("a",), metadata={"order": "7"})


def states(store: EmailStore, email_id: str) -> list[EmailState]:
    return sorted(recipient.state for recipient in view(store, email_id).recipients)


def of_anna(store: EmailStore, email_id: str) -> list[tuple[str, str | None]]:
    timeline = view(store, email_id).timeline
    return [(event.kind, event.recipient) for event in timeline if event.recipient == ANNA]


# Nothing is left


def test_email_to_one_person_leaves_no_trace(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    track(
        store,
        notification("Send", "one", [BOB]),
        notification("Delivery", "one", [BOB], BOB),
        notification("Click", "one", [BOB]),
    )
    assert traces(store)

    counts = erase_all(store)

    assert traces(store) == []
    assert counts == {"emails": 1, "recipients": 1, "events": 3, "contents": 0, "suppressions": 0}


def test_the_words_of_a_personal_email_are_emptied(store: EmailStore) -> None:
    send(store, replace(ONE, subject="Hello Robert", tags=("t",), metadata={"a": "b"}), [BOB])

    erase_all(store)

    email = view(store, "one").record
    assert email is not None
    assert (email.subject, email.tags, email.metadata) == ("", (), {})
    assert (email.from_email, email.recipient_count) == ("shop@example.com", 1)


def test_states_and_counts_stay_right(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    track(store, notification("Bounce", "one", [BOB], BOB))
    before = view(store, "one")

    erase_all(store)

    after = view(store, "one")
    assert (after.counts, after.state) == (before.counts, before.state)
    assert after.counts == {EmailState.BOUNCED: 1}
    (recipient,) = after.recipients
    assert recipient.address.startswith("erased-")
    assert "@" not in recipient.address


def test_others_of_the_same_email_keep_everything(store: EmailStore) -> None:
    send(store, TWO, [BOB, ANNA])
    both = [BOB, ANNA]
    track(
        store,
        notification("Send", "two", both),
        notification("Delivery", "two", both, *both),
        notification("Bounce", "two", both, ANNA),
    )
    before = view(store, "two")

    erase_all(store)

    after = view(store, "two")
    assert traces(store) == []
    assert (after.record and after.record.subject, after.counts) == ("Your order", before.counts)
    assert after.record
    assert (after.record.tags, after.record.metadata) == (("a",), {"order": "7"})
    kinds = [kind for kind, _ in of_anna(store, "two")]
    assert sorted(kinds) == ["bounce", "delivery", "send"]
    (anna,) = [each for each in after.recipients if each.address == ANNA]
    assert (anna.state, anna.error_code) == (EmailState.BOUNCED, "Permanent/General")
    assert anna.error_message is None  # it quoted the other address


def test_texts_that_do_not_name_the_person_stay(store: EmailStore) -> None:
    send(store, TWO, [BOB, ANNA])
    bounce = notification("Bounce", "two", [ANNA], ANNA)
    bounce["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "smtp; 550 full"
    track(store, bounce)

    erase_all(store)

    (event,) = view(store, "two").timeline
    assert event.details["diagnostic_code"] == "smtp; 550 full"
    assert event.raw["mail"]["destination"] == [ANNA]


def test_each_spelling_of_the_local_part_goes(store: EmailStore) -> None:
    shouted = BOB.upper().replace("XN--BRO-HOA.EXAMPLE", "xn--bro-hoa.example")
    send(store, TWO, [BOB, shouted])
    track(store, notification("Delivery", "two", [BOB, shouted], BOB, shouted))

    erase_all(store)

    assert traces(store) == []
    assert view(store, "two").counts == {EmailState.DELIVERED: 2}


def test_longer_address_is_another_person(store: EmailStore) -> None:
    other = f"jim-{BOB}"
    send(store, record("jim", subject="Hi"), [other])
    track(store, notification("Delivery", "jim", [other], other))

    assert erase_all(store)["emails"] == 0

    (recipient,) = view(store, "jim").recipients
    assert recipient.address == other


def test_rejected_request_leaves_no_trace(store: EmailStore) -> None:
    errors = (FieldError(f"merge_data.{BOB}", "must be an object"),)
    invalid = replace(ONE, fingerprint="", errors=errors)
    assert store.reject(invalid, [BOB])

    erase_all(store)

    assert traces(store) == []
    assert view(store, "one").state is EmailState.REJECTED


def test_mail_from_outside_leaves_no_trace(store: EmailStore) -> None:
    both = [BOB, ANNA]
    track(store, notification("Delivery", None, both, *both))
    email_id = "ses-0100-m"

    counts = erase_all(store)

    assert traces(store) == []
    assert counts["emails"] == 1
    assert states(store, email_id) == [EmailState.DELIVERED, EmailState.DELIVERED]
    assert of_anna(store, email_id) == [("delivery", ANNA)]


def test_search_finds_nothing_of_the_person(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    send(store, TWO, [BOB, ANNA])

    erase_all(store)

    query = EmailQuery(recipient=BOB)
    assert store.find_emails(query, now=LATER, limit=10).rows == []
    rows = store.find_emails(EmailQuery(), now=LATER, limit=10).rows
    assert {row.email_id: row.addresses for row in rows} == {"one": (), "two": (ANNA,)}


def test_unknown_person_is_complete_at_once(store: EmailStore) -> None:
    send(store, TWO, [ANNA])

    assert erase(store) == Erasure()


def test_repeated_call_erases_nothing_more(store: EmailStore) -> None:
    send(store, TWO, [BOB, ANNA])
    erase_all(store)
    before = stored_text(store)

    assert erase(store, at=LATER + timedelta(days=1)) == Erasure()
    assert len(stored_text(store)) == len(before)


# Nothing comes back


@pytest.mark.parametrize("addresses", [[BOB], [BOB, ANNA]], ids=["alone", "with others"])
def test_late_event_resurrects_nothing(store: EmailStore, addresses: list[str]) -> None:
    email = ONE if len(addresses) == 1 else TWO
    send(store, email, addresses)
    erase_all(store)

    published = track(
        store,
        notification("Delivery", email.email_id, addresses, *addresses),
        notification("Click", email.email_id, [BOB]),
        notification("Bounce", email.email_id, addresses, BOB),
    )

    assert traces(store) == []
    assert [event.recipient for event in published] == addresses[1:]
    assert EmailState.BOUNCED in states(store, email.email_id)


def test_late_event_of_mail_from_outside_too(store: EmailStore) -> None:
    track(store, notification("Send", None, [BOB]))
    erase_all(store)

    track(store, notification("Delivery", None, [BOB], BOB))

    assert traces(store) == []
    assert states(store, "ses-0100-m") == [EmailState.DELIVERED]


def test_late_event_of_an_expired_record_too(store: EmailStore) -> None:
    erase(store)

    track(store, notification("Delivery", "gone", [BOB], BOB))

    assert traces(store) == []


def test_new_mail_to_the_person_is_other_mail(store: EmailStore) -> None:
    erase_all(store, at=NOW - timedelta(days=1))

    send(store, ONE, [BOB])
    track(store, notification("Delivery", "one", [BOB], BOB))
    track(store, notification("Delivery", None, [BOB], BOB))

    assert [each.address for each in view(store, "one").recipients] == [BOB]
    assert [each.address for each in view(store, "ses-0100-m").recipients] == [BOB]


def test_repeated_request_sends_nothing_again(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    erase_all(store)

    again = claim(store, ONE, [BOB], at=LATER)

    assert again.status is ClaimStatus.SETTLED
    assert again.results == {BOB: RecipientStatus(BOB, SendState.ACCEPTED)}
    assert traces(store) == []


def test_request_with_other_content_is_still_a_conflict(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    erase_all(store)

    other = claim(store, replace(ONE, fingerprint="f2"), [BOB], at=LATER)

    assert other.status is ClaimStatus.CONFLICT


def test_worker_that_sends_meanwhile_stores_no_address(store: EmailStore) -> None:
    held = claim(store, TWO, [BOB, ANNA], at=LATER)
    erase(store, at=LATER)

    assert store.settle(held, accepted([BOB, ANNA]))

    assert traces(store) == []
    assert view(store, "two").counts == {EmailState.ACCEPTED: 2}
    assert claim(store, TWO, [BOB, ANNA], at=LATER).status is ClaimStatus.SETTLED


def test_worker_that_retries_later_leaves_the_person_out(store: EmailStore) -> None:
    held = claim(store, TWO, [BOB, ANNA], at=LATER)
    erase(store, at=LATER)
    queued = {
        each: RecipientStatus(each, SendState.QUEUED, retry=RetryHint.LATER) for each in (BOB, ANNA)
    }

    assert store.release(held, queued)
    again = claim(store, TWO, [BOB, ANNA], at=LATER)

    assert again.status is ClaimStatus.CLAIMED
    assert again.erased == {BOB}
    found = {address: status.state for address, status in again.results.items()}
    assert found == {BOB: SendState.CANCELED, ANNA: SendState.QUEUED}
    assert store.settle(again, again.results)
    assert traces(store) == []


def test_retry_without_the_person_keeps_its_pseudonym(store: EmailStore) -> None:
    store.release(claim(store, TWO, [BOB, ANNA]), {})
    store.release(
        claim(store, TWO, [BOB, ANNA]),
        {
            BOB: RecipientStatus(BOB, SendState.ACCEPTED, "0100-m"),
            ANNA: RecipientStatus(ANNA, SendState.QUEUED, retry=RetryHint.LATER),
        },
    )
    erase_all(store)

    again = claim(store, TWO, [ANNA], at=LATER)
    store.settle(again, {**again.results, **accepted([ANNA])})

    assert view(store, "two").counts == {EmailState.ACCEPTED: 2}
    assert traces(store) == []


def test_event_that_is_being_stored_is_found_later(store: EmailStore) -> None:
    """A worker looked the email up before the erasure, and writes after it."""
    send(store, ONE, [BOB])
    assert not erase(store).is_complete
    event = EventRecord(
        email_id="one",
        event_id="e",
        kind="bounce",
        at=LATER,
        message_id="0100-m",
        recipient=BOB,
        raw={"to": NAME},
    )
    state = RecipientRecord(
        email_id="one", address=BOB, state=EmailState.BOUNCED, at=LATER, message_id="0100-m"
    )
    known = store.find_events("one", [])
    store.advance_recipient(state, now=LATER, record=known.record)
    store.add_event(event, now=LATER)
    assert traces(store)

    early = erase(store, at=LATER + timedelta(seconds=10))
    assert not early.is_complete
    assert early.waits_until is not None
    erase_all(store, at=early.waits_until)

    assert traces(store) == []
    assert states(store, "one") == [EmailState.BOUNCED]


# Mail that waits


def test_mail_that_waits_for_the_person_is_never_sent(store: EmailStore) -> None:
    scheduled = replace(ONE, send_at=LATER + timedelta(days=1))
    store.register(scheduled, [BOB])

    erase_all(store)

    due = claim(store, scheduled, [BOB], at=LATER + timedelta(days=2))
    assert due.status is ClaimStatus.SETTLED
    assert view(store, "one").state is EmailState.CANCELED
    assert traces(store) == []


def test_mail_that_is_retried_for_the_person_is_never_sent(store: EmailStore) -> None:
    held = claim(store, ONE, [BOB])
    retried = {BOB: RecipientStatus(BOB, SendState.QUEUED, retry=RetryHint.LATER)}
    store.release(held, retried)

    erase_all(store)

    assert claim(store, ONE, [BOB], at=LATER).status is ClaimStatus.SETTLED
    assert traces(store) == []


def test_mail_that_waits_for_others_too_goes_to_them(store: EmailStore) -> None:
    store.register(TWO, [BOB, ANNA])

    erase_all(store)

    held = claim(store, TWO, [BOB, ANNA], at=LATER)
    assert held.status is ClaimStatus.CLAIMED
    assert held.results[ANNA].state is SendState.QUEUED
    assert held.results[BOB].state is SendState.CANCELED
    assert traces(store) == []


def test_cancellation_that_comes_in_between_brings_nothing_back(store: EmailStore) -> None:
    store.register(TWO, [BOB, ANNA])
    found = store.find_unit("two")
    assert found is not None
    erase(store)

    assert not store.cancel("two", found)
    found = store.find_unit("two")
    assert found is not None
    assert store.cancel("two", found)
    assert traces(store) == []


def test_moved_email_brings_nothing_back(store: EmailStore) -> None:
    scheduled = replace(TWO, send_at=LATER + timedelta(days=1))
    store.register(scheduled, [BOB, ANNA])
    erase_all(store)

    found = store.find_unit("two")
    assert found is not None
    assert store.move("two", found, LATER + timedelta(days=2), now=LATER)
    store.register(scheduled, [BOB, ANNA])

    assert traces(store) == []


# Suppression


def test_suppression_still_holds_back(store: EmailStore) -> None:
    store.suppress(Suppression(address=BOB, reason="bounce", at=NOW, email_id="one"))

    counts = erase_all(store)

    assert traces(store) == []
    assert counts["suppressions"] == 1
    assert store.suppressed([BOB, ANNA]) == {BOB}
    entry = store.suppression(BOB)
    assert entry is not None
    assert (entry.reason, entry.at, entry.email_id) == ("bounce", NOW, None)
    (listed,) = store.list_suppressions(limit=10).entries
    assert (listed.address, listed.is_erased) == ("", True)


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_later_report_does_not_write_the_address_back(store: EmailStore, reason: str) -> None:
    store.suppress(Suppression(address=BOB, reason="bounce", at=NOW, email_id="one"))
    erase_all(store)

    store.suppress(Suppression(address=BOB, reason=reason, at=LATER, email_id="two"))

    assert traces(store) == []
    entry = store.suppression(BOB)
    assert entry is not None
    assert (entry.reason, entry.at) == (reason, LATER)


def test_late_bounce_suppresses_by_the_hash(store: EmailStore) -> None:
    send(store, ONE, [BOB])
    erase_all(store)

    track(store, notification("Bounce", "one", [BOB], BOB))

    assert store.suppressed([BOB]) == {BOB}
    assert traces(store) == []


def test_erased_address_may_be_allowed_again(store: EmailStore) -> None:
    store.suppress(Suppression(address=BOB, reason="bounce", at=NOW))
    erase_all(store)

    assert store.unsuppress(BOB_AS_ASKED)

    assert store.suppressed([BOB]) == set()
    store.suppress(Suppression(address=BOB, reason="bounce", at=LATER))
    entry = store.suppression(BOB)
    assert entry is not None
    assert not entry.is_erased


# Large email

NEWS = record("news", 3, subject="News", tags=(), metadata={}, chunk_count=2, copies=(ANNA,))


def news(store: EmailStore) -> None:
    send(store, NEWS, [])
    for number, address in enumerate([BOB, "carl@example.net"], 1):
        held = store.claim(
            NEWS, SendUnit("news", number), (address, ANNA), now=NOW, lease_seconds=LEASE
        )
        assert store.settle(held, accepted([address, ANNA]))


LEASE = 90


@pytest.mark.parametrize("address", [BOB_AS_ASKED, ANNA], ids=["recipient", "copy"])
def test_large_email_keeps_its_counts(store: EmailStore, address: str) -> None:
    news(store)
    track(store, notification("Delivery", "news", [BOB, ANNA], BOB, ANNA))
    before = view(store, "news").counts

    erase_all(store, address)

    assert address.partition("@")[0] + "@" not in stored_text(store)
    assert view(store, "news").counts == before
    track(store, notification("Bounce", "news", [BOB, ANNA], BOB, ANNA))
    assert address.partition("@")[0] + "@" not in stored_text(store)
    assert view(store, "news").counts[EmailState.BOUNCED] == 2


def test_chunk_that_is_sent_meanwhile_stores_no_address(store: EmailStore) -> None:
    send(store, NEWS, [])
    unit = SendUnit("news", 1)
    held = store.claim(NEWS, unit, (BOB, ANNA), now=LATER, lease_seconds=LEASE)
    erase(store)
    erase(store, ANNA)

    assert store.settle(held, accepted([BOB, ANNA]))

    text = stored_text(store)
    assert "bob.b@" not in text
    assert "anna@" not in text
    assert view(store, "news").counts == {EmailState.ACCEPTED: 2, EmailState.QUEUED: 1}
