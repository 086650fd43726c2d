"""A Send event that says what the stored result says is not stored twice, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from amsdal_mail.status import RecipientStatus, SendState
from amsdal_mail.tracking import parse_event
from email_store.claims import Claim, ClaimStatus, SendUnit
from email_store.records import EmailRecord, RecipientRecord
from email_store.states import EmailState
from email_store.store import EmailStore
from tests.sample_events import load
from track_events.service import Tracker

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA, BEN = "anna@example.com", "ben@example.com"
UNIT = SendUnit("e1")
RECORD = EmailRecord(email_id="e1", fingerprint="f", created_at=NOW, recipient_count=2)


class Bus:
    """Takes each event."""

    def publish(self, _events: object) -> None: ...


class Spy:
    """A store that keeps which states of recipients were stored."""

    def __init__(self, store: EmailStore) -> None:
        self._store = store
        self.stored: list[tuple[str, EmailState]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def advance_recipient(self, recipient: RecipientRecord, **options: Any) -> bool:
        self.stored.append((recipient.address, recipient.state))
        return self._store.advance_recipient(recipient, **options)


@pytest.fixture
def spy(store: EmailStore) -> Spy:
    return Spy(store)


def claim(store: EmailStore, at: datetime = NOW, unit: SendUnit = UNIT) -> Claim:
    record = replace(RECORD, created_at=at)
    return store.claim(record, unit, (ANNA, BEN), now=at, lease_seconds=90)


def accepted(message_id: str = "ses-1", *addresses: str) -> dict[str, RecipientStatus]:
    return {
        address: RecipientStatus(address, SendState.ACCEPTED, message_id)
        for address in addresses or (ANNA, BEN)
    }


def track(store: Any, kind: str, *addresses: str, message_id: str = "ses-1") -> None:
    payload: dict[str, Any] = load(f"ses/{kind}")
    at = (NOW + timedelta(seconds=1)).isoformat()
    payload["mail"] |= {
        "destination": list(addresses or (ANNA, BEN)),
        "messageId": message_id,
        "timestamp": at,
        "tags": {"email_id": ["e1"]},
    }
    if kind == "delivery":
        payload["delivery"] |= {"recipients": list(addresses or (ANNA, BEN)), "timestamp": at}
    Tracker(store, Bus(), lambda: NOW).track(parse_event(payload), Counter())


def states(store: EmailStore) -> dict[str, str]:
    view = store.load("e1")
    assert view is not None
    return {recipient.address: recipient.state.value for recipient in view.recipients}


def test_send_event_of_an_accepted_email_stores_no_state(store: EmailStore, spy: Spy) -> None:
    store.settle(claim(store), accepted())

    track(spy, "send")

    assert spy.stored == []
    assert states(store) == {ANNA: "accepted", BEN: "accepted"}
    view = store.load("e1")
    assert view is not None
    assert {event.recipient for event in view.timeline} == {ANNA, BEN}


@pytest.mark.parametrize("order", list(permutations(["settle", "send", "delivery"])), ids=str)
def test_order_of_result_and_events_makes_no_difference(
    store: EmailStore, order: tuple[str, ...]
) -> None:
    claimed = claim(store)
    steps: dict[str, Callable[[], object]] = {
        "settle": lambda: store.settle(claimed, accepted()),
        "send": lambda: track(store, "send"),
        "delivery": lambda: track(store, "delivery", ANNA),
    }

    for step in order:
        steps[step]()

    assert states(store) == {ANNA: "delivered", BEN: "accepted"}


def test_send_event_of_another_message_is_stored(store: EmailStore, spy: Spy) -> None:
    store.settle(claim(store), accepted("ses-1"))

    track(spy, "send", message_id="ses-2")

    assert spy.stored == [(ANNA, EmailState.ACCEPTED), (BEN, EmailState.ACCEPTED)]


@pytest.mark.parametrize("state", [SendState.QUEUED, SendState.UNKNOWN, SendState.FAILED])
def test_send_event_proves_what_the_result_does_not_say(
    store: EmailStore, spy: Spy, state: SendState
) -> None:
    first = claim(store)
    lost = {**accepted("ses-1", BEN), ANNA: RecipientStatus(ANNA, state)}
    store.release(first, lost)

    track(spy, "send")

    assert spy.stored == [(ANNA, EmailState.ACCEPTED)]
    again = claim(store, NOW + timedelta(hours=1))
    assert again.status is ClaimStatus.CLAIMED
    assert {s.state for s in again.results.values()} == {SendState.ACCEPTED}


def test_send_event_before_a_crash_proves_the_acceptance(store: EmailStore, spy: Spy) -> None:
    claim(store)

    track(spy, "send")

    assert len(spy.stored) == 2
    again = claim(store, NOW + timedelta(hours=1))
    assert {s.message_id for s in again.results.values()} == {"ses-1"}


def test_recipients_of_a_large_email_are_stored(store: EmailStore, spy: Spy) -> None:
    large = replace(RECORD, chunk_count=1)
    store.settle(store.claim(large, UNIT, (), now=NOW, lease_seconds=90), {})
    store.settle(claim(store, unit=SendUnit("e1", 1)), accepted())

    track(spy, "send")

    assert len(spy.stored) == 2
    view = store.load("e1")
    assert view is not None
    assert view.counts == {EmailState.ACCEPTED: 2}


def test_repeated_send_event_changes_nothing(store: EmailStore, spy: Spy) -> None:
    store.settle(claim(store), accepted())

    for _ in range(2):
        track(spy, "send")

    view = store.load("e1")
    assert view is not None
    assert len(view.timeline) == 2
    assert spy.stored == []
