"""The rate note: read with the suppression list, written by both streams."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from email_store.rate_note import RateNote
from email_store.records import Suppression
from email_store.store import EmailStore

ANNA, BEN = "anna@example.com", "ben@example.com"
NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)


def note_of(store: EmailStore) -> RateNote:
    return store.suppressed_and_note([ANNA])[1]


@pytest.fixture
def store(store: EmailStore) -> EmailStore:
    """The store, whose note may be that of another test."""
    before = note_of(store).transactional_count
    store.count_transactional(-before)
    store.mark_bulk(0, 0)
    return store


def test_note_comes_with_the_suppressed_addresses(store: EmailStore) -> None:
    assert store.suppressed_and_note([ANNA]) == (set(), RateNote())

    store.suppress(Suppression(address=ANNA, reason="bounce", at=NOW))
    store.count_transactional(3)

    assert store.suppressed_and_note([ANNA, BEN]) == ({ANNA}, RateNote(3))
    assert store.suppressed([ANNA, BEN]) == {ANNA}
    store.unsuppress(ANNA)


def test_counts_of_workers_at_the_same_time_add_up(store: EmailStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.count_transactional, range(1, 21)))

    assert note_of(store).transactional_count == 210


@pytest.mark.parametrize("mark_first", [True, False], ids=["mark first", "count first"])
def test_mark_and_count_leave_each_other_alone(store: EmailStore, mark_first: bool) -> None:
    writes: list[Callable[[], None]] = [
        lambda: store.mark_bulk(1_796_000_000.25, 1_796_000_060.5),
        lambda: store.count_transactional(5),
    ]
    for write in writes if mark_first else reversed(writes):
        write()

    assert note_of(store) == RateNote(5, 1_796_000_000.25, 1_796_000_060.5)


def test_later_mark_replaces_the_earlier_mark(store: EmailStore) -> None:
    store.mark_bulk(1, 61)
    store.mark_bulk(1, 91)

    assert note_of(store) == RateNote(0, 1, 91)


@pytest.mark.parametrize(("now", "has_bulk"), [(9.9, False), (10, True), (19.9, True), (20, False)])
def test_mark_stands_from_its_begin_to_its_end(now: float, has_bulk: bool) -> None:
    assert RateNote(0, 10, 20).has_bulk(now) is has_bulk
