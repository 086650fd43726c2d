"""The search: each email is found by each of its recipients and by its time, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import SendState
from amsdal_mail.stream import Stream
from email_store.claims import SendUnit
from email_store.records import EmailRecord, RecipientRecord, Suppression, external_email_id
from email_store.search import EmailQuery, Position, PositionError
from email_store.states import EmailState
from email_store.store import EmailStore
from tests.contract.email_store.searching import (
    ANNA,
    ANY,
    BEN,
    CARL,
    NOW,
    ids,
    pages,
    record,
    rows,
    send,
    send_chunk,
    to,
)

HOUR = timedelta(hours=1)


def event_of(
    email_id: str, address: str, state: EmailState = EmailState.DELIVERED
) -> RecipientRecord:
    return RecipientRecord(
        email_id=email_id, address=address, state=state, at=NOW, message_id="0100"
    )


def reject(store: EmailStore, email_id: str, *addresses: str) -> None:
    invalid = EmailRecord(
        email_id=email_id,
        fingerprint="",
        created_at=NOW - timedelta(minutes=5),
        errors=(FieldError("subject", "is missing"),),
        recipient_count=len(addresses),
    )
    assert store.reject(invalid, addresses)


def test_an_email_is_found_by_recipient_and_by_time(store: EmailStore) -> None:
    send(store, "e1", "Anna@example.com", subject="Hello", tags=("welcome",))
    email = store.load("e1")
    assert email is not None

    (by_time,), (by_recipient,) = rows(store), rows(store, to("aNNA@example.com"))

    assert by_time.record == by_recipient.record == email.record
    assert (by_time.state, by_time.counts) == (EmailState.ACCEPTED, {EmailState.ACCEPTED: 1})
    assert (by_time.addresses, by_time.recipient_count) == (("Anna@example.com",), 1)
    assert by_time.recipient is None
    assert by_recipient.recipient == email.recipients[0]
    assert ids(store, to(BEN)) == []


def test_several_recipients_are_one_row_by_time(store: EmailStore) -> None:
    people = [ANNA, BEN, CARL, "dora@example.com", "Anna@Example.com"]
    send(store, "e1", *people)
    store.advance_recipient(event_of("e1", BEN, EmailState.BOUNCED), now=NOW)

    (by_time,) = rows(store)

    assert by_time.addresses == (ANNA, BEN, CARL)
    assert by_time.counts == {EmailState.ACCEPTED: 4, EmailState.BOUNCED: 1}
    assert by_time.state is EmailState.BOUNCED
    for address in people:
        (found,) = rows(store, to(address))
        assert found.recipient is not None
        assert found.recipient.state is (
            EmailState.BOUNCED if address == BEN else EmailState.ACCEPTED
        )


@pytest.mark.parametrize("addresses", [(ANNA,), (ANNA, BEN)], ids=["one", "two"])
@pytest.mark.parametrize(
    "state", [SendState.SUPPRESSED, SendState.FAILED, SendState.EXPIRED, SendState.REJECTED]
)
def test_unsent_email_is_found_with_its_state(
    store: EmailStore, state: SendState, addresses: tuple[str, ...]
) -> None:
    send(store, "e1", *addresses, state=state)

    (row,) = rows(store, to(ANNA, state=EmailState(state.value)))

    assert row.recipient is not None
    assert row.recipient.state == state.value
    assert ids(store) == ["e1"]


@pytest.mark.parametrize("addresses", [(ANNA,), (ANNA, BEN)], ids=["one", "two"])
def test_waiting_email_is_found_and_keeps_its_place(
    store: EmailStore, addresses: tuple[str, ...]
) -> None:
    queued = record("queued", *addresses)
    scheduled = record("later", *addresses, at=NOW - HOUR, send_at=NOW + HOUR)
    canceled = record("canceled", *addresses, at=NOW - 2 * HOUR, send_at=NOW + HOUR)
    for email in (queued, scheduled, canceled):
        store.register(email, addresses)
    found = store.find_unit("canceled")
    assert found is not None
    store.cancel("canceled", found)
    found = store.find_unit("later")
    assert found is not None
    store.move("later", found, NOW + 2 * HOUR, now=NOW)

    states = {row.email_id: row.state.value for row in rows(store, to(ANNA))}
    assert states == {"queued": "queued", "later": "scheduled", "canceled": "canceled"}

    claimed = replace(queued, created_at=NOW + HOUR / 2)
    store.claim(claimed, SendUnit("queued"), addresses, now=claimed.created_at, lease_seconds=90)
    assert ids(store) == ids(store, to(addresses[-1])) == ["queued", "later", "canceled"]
    assert rows(store)[0].state is EmailState.SENDING


@pytest.mark.parametrize("addresses", [(), (ANNA,), (ANNA, BEN)], ids=["none", "one", "two"])
def test_rejected_request_is_found_by_what_can_be_read(
    store: EmailStore, addresses: tuple[str, ...]
) -> None:
    reject(store, "e1", *addresses)

    (row,) = rows(store, EmailQuery(state=EmailState.REJECTED))
    assert (row.email_id, row.addresses) == ("e1", addresses)
    for address in addresses:
        (row,) = rows(store, to(address, state=EmailState.REJECTED))
        assert row.record is not None
        assert row.record.errors


@pytest.mark.parametrize("wrong", [(CARL,), (CARL, ANNA)], ids=["one", "two"])
@pytest.mark.parametrize("right", [(BEN,), (BEN, ANNA)], ids=["one", "two"])
def test_corrected_request_replaces_what_was_found(
    store: EmailStore, wrong: tuple[str, ...], right: tuple[str, ...]
) -> None:
    reject(store, "e1", *wrong)
    send(store, "e1", *right)

    assert ids(store) == ["e1"]
    assert ids(store, to(CARL)) == []
    for address in right:
        (row,) = rows(store, to(address))
        assert row.state is EmailState.ACCEPTED
        assert row.created_at == NOW


def test_recipients_of_a_large_email_are_found_by_chunk(store: EmailStore) -> None:
    email = record("news", *"12345", chunk_count=3, copies=(CARL,))
    claim = store.claim(email, SendUnit("news"), (), now=NOW, lease_seconds=90)
    store.settle(claim, {})
    send_chunk(store, email, 1, ANNA, CARL, at=NOW + HOUR / 4)
    send_chunk(store, email, 2, "Ben@example.com", CARL, at=NOW + HOUR / 2)

    (by_time,) = rows(store)
    assert by_time.counts == {EmailState.ACCEPTED: 3, EmailState.QUEUED: 2}
    assert by_time.addresses[:2] == (ANNA, CARL)
    for address in (ANNA, BEN, CARL):
        (row,) = rows(store, to(address))
        assert row.recipient is not None
        assert row.recipient.state is EmailState.ACCEPTED
        assert row.created_at == NOW
    stored = store.find_events("news", []).record
    store.advance_recipient(event_of("news", "Ben@example.com"), now=NOW, record=stored)
    (row,) = rows(store, to(BEN, state=EmailState.DELIVERED))
    assert row.counts == {
        EmailState.ACCEPTED: 2,
        EmailState.QUEUED: 2,
        EmailState.DELIVERED: 1,
    }


def test_mail_from_outside_is_one_row_on_any_page(store: EmailStore) -> None:
    people = [f"p{number}@example.com" for number in range(5)]
    for number in range(3):
        for address in people:
            store.advance_recipient(event_of(external_email_id(f"m{number}"), address), now=NOW)

    for limit in (1, 2, 50):
        found = rows(store, limit=limit)
        assert sorted(row.email_id for row in found) == ["ses-m0", "ses-m1", "ses-m2"]
        assert {row.recipient_count for row in found} == {5}
    assert len(rows(store, to("P1@example.com"), limit=1)) == 3
    assert rows(store)[0].record is None
    assert rows(store)[0].created_at == NOW


def test_mail_of_the_service_has_no_second_row_by_events(store: EmailStore) -> None:
    store.advance_recipient(event_of("e1", ANNA), now=NOW)
    send(store, "e1", ANNA)

    assert ids(store) == ids(store, to(ANNA)) == ["e1"]


@pytest.mark.parametrize("query", [ANY, to(ANNA)], ids=["by time", "by recipient"])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_emails_of_one_moment_are_on_one_page_each(
    store: EmailStore, query: EmailQuery, limit: int
) -> None:
    for number in range(7):
        send(store, f"e{number}", ANNA, BEN)

    found = ids(store, query, limit=limit)

    assert sorted(found) == [f"e{number}" for number in range(7)]


@pytest.mark.parametrize("query", [ANY, to(ANNA)], ids=["by time", "by recipient"])
def test_mail_that_comes_between_pages_changes_nothing(
    store: EmailStore, query: EmailQuery
) -> None:
    for number in range(4):
        send(store, f"e{number}", ANNA, at=NOW - number * HOUR)
    first = store.find_emails(query, now=NOW, limit=2)
    send(store, "new", ANNA, at=NOW + timedelta(seconds=1))

    second = store.find_emails(query, now=NOW + HOUR, limit=2, position=first.next_position)

    found = [row.email_id for row in (*first.rows, *second.rows)]
    assert found == ["e0", "e1", "e2", "e3"]
    assert second.searched.latest == NOW - HOUR


@pytest.mark.parametrize("recipient", [None, ANNA])
def test_window_has_its_first_moment_and_not_its_last(
    store: EmailStore, recipient: str | None
) -> None:
    for number in range(4):
        send(store, f"e{number}", ANNA, at=NOW + number * timedelta(microseconds=1))

    query = EmailQuery(
        recipient=recipient,
        since=NOW + timedelta(microseconds=1),
        until=NOW + timedelta(microseconds=3),
    )

    (page,) = pages(store, query)
    assert [row.email_id for row in page.rows] == ["e2", "e1"]
    assert (page.searched.earliest, page.searched.latest) == (query.since, query.until)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"tag": "a"}, ["e2", "e1"]),
        ({"tag": "b"}, ["e2"]),
        ({"tag": "A"}, []),
        ({"template_id": "t"}, ["e1"]),
        ({"stream": "bulk"}, ["e0"]),
        ({"stream": "transactional", "tag": "a", "template_id": "t"}, ["e1"]),
        ({"state": EmailState.BOUNCED}, ["e2"]),
        ({"state": EmailState.SUPPRESSED}, ["e1"]),
    ],
    ids=str,
)
def test_filters_are_joined_by_and(
    store: EmailStore, filters: dict[str, str], found: list[str]
) -> None:
    send(store, "e0", ANNA, at=NOW - 2 * HOUR, stream=Stream.BULK)
    send(
        store,
        "e1",
        ANNA,
        at=NOW - HOUR,
        tags=("a",),
        template_id="t",
        state=SendState.SUPPRESSED,
    )
    send(store, "e2", ANNA, tags=("b", "a"))
    store.advance_recipient(
        event_of("e2", ANNA, EmailState.BOUNCED), now=NOW, record=record("e2", ANNA)
    )

    for recipient in (None, ANNA):
        query = EmailQuery(recipient=recipient, **filters)  # type: ignore[arg-type]
        for limit in (1, 50):
            assert ids(store, query, limit=limit) == found


def test_state_is_that_of_the_recipient_if_one_is_named(store: EmailStore) -> None:
    send(store, "e1", ANNA, BEN)
    store.advance_recipient(event_of("e1", BEN, EmailState.BOUNCED), now=NOW)

    assert ids(store, to(ANNA, state=EmailState.BOUNCED)) == []
    assert ids(store, to(ANNA, state=EmailState.ACCEPTED)) == ["e1"]
    assert ids(store, EmailQuery(state=EmailState.BOUNCED)) == ["e1"]
    assert ids(store, EmailQuery(state=EmailState.ACCEPTED)) == []


def test_email_before_three_idle_weeks_is_found(store: EmailStore) -> None:
    send(store, "old", ANNA, at=NOW - timedelta(days=21))
    send(store, "new", ANNA)

    found = pages(store)

    assert [row.email_id for page in found for row in page.rows] == ["new", "old"]
    for page, following in pairwise(found):
        assert page.searched.earliest == following.searched.latest
    assert ids(store, EmailQuery(until=NOW - timedelta(days=20))) == ["old"]


def test_window_far_away_is_empty(store: EmailStore) -> None:
    send(store, "e1", ANNA)

    past = EmailQuery(since=NOW.replace(year=1), until=NOW.replace(year=1000))
    future = EmailQuery(since=NOW.replace(year=9000), until=NOW.replace(year=9999))

    for query in (past, future):
        (page,) = pages(store, query)
        assert page.rows == []


@pytest.mark.parametrize("recipient", [None, ANNA])
def test_position_after_the_window_is_refused(store: EmailStore, recipient: str | None) -> None:
    send(store, "e1", ANNA)
    query = EmailQuery(recipient=recipient, since=NOW - HOUR, until=NOW + HOUR)

    for position in (
        Position(NOW + 2 * HOUR, "EMAIL#e1", "EMAIL"),
        Position(NOW + HOUR, "EMAIL#e1", "EMAIL"),
        Position(NOW.replace(year=9999)),
    ):
        with pytest.raises(PositionError):
            store.find_emails(query, now=NOW + 2 * HOUR, limit=1, position=position)


def test_page_that_is_cut_goes_on_behind_its_last_row(store: EmailStore) -> None:
    for number in range(4):
        send(store, f"e{number}", ANNA, at=NOW - number * HOUR)
    page = store.find_emails(ANY, now=NOW, limit=4)

    cut = page.first(2)
    rest = store.find_emails(ANY, now=NOW, limit=4, position=cut.next_position)

    assert [row.email_id for row in cut.rows] == ["e0", "e1"]
    assert [row.email_id for row in rest.rows] == ["e2", "e3"]
    assert page.first(4) == page


def test_an_email_with_99_recipients_does_not_stop_a_page(store: EmailStore) -> None:
    people = [f"p{number}@example.com" for number in range(99)]
    for number in range(12):
        email = record(f"e{number:02}", *people, at=NOW - number * HOUR)
        store.register(email, people)

    found = pages(store)

    assert [len(page.rows) for page in found if page.rows] == [10, 2]
    assert [row.email_id for page in found for row in page.rows] == [
        f"e{number:02}" for number in range(12)
    ]


def test_suppressions_are_listed_newest_first(store: EmailStore) -> None:
    listed = [
        Suppression(
            address=f"P{number}@example.com",
            reason="bounce",
            at=NOW + timedelta(seconds=number // 2),
            email_id="e1",
        )
        for number in range(7)
    ]
    for entry in listed:
        store.suppress(entry)
    store.unsuppress(listed[3].address)

    found: list[Suppression] = []
    position = None
    for _ in range(9):
        page = store.list_suppressions(limit=2, after=position)
        found += page.entries
        position = page.next_position
        if position is None:
            break

    assert position is None
    assert [entry.at for entry in found] == sorted((e.at for e in found), reverse=True)
    assert set(map(repr, found)) == {repr(entry) for entry in listed if entry != listed[3]}
    assert len(found) == 6


def test_renewed_suppression_is_listed_once(store: EmailStore) -> None:
    for reason, seconds in (("bounce", 0), ("bounce", 5), ("complaint", 3)):
        at = NOW + timedelta(seconds=seconds)
        store.suppress(Suppression(address=ANNA, reason=reason, at=at))

    (entry,) = store.list_suppressions(limit=50).entries

    assert (entry.reason, entry.at) == ("complaint", NOW + timedelta(seconds=3))
