"""An erasure in the table may end after any write, and goes on in any number of calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from email_store.dynamodb.erase import Eraser
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.erasure import Erasure
from email_store.person import Person
from email_store.records import Suppression
from email_store.states import EmailState
from tests.contract.email_store.conftest import RETENTION, TABLE_NUMBERS
from tests.contract.email_store.erasing import (
    ANNA,
    BOB,
    BOB_AS_ASKED,
    LATER,
    NOW,
    erase_all,
    nothing_outside,
    notification,
    record,
    send,
    stored_text,
    traces,
    track,
    view,
)
from tests.contract.email_store.test_erase import TWO, news
from tests.email_table import HASHES, create_email_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

WRITES = {"put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item"}


class CrashError(Exception):
    """The worker is gone."""


class CrashingClient:
    """A client whose worker crashes after a number of writes."""

    def __init__(self, client: DynamoDBClient, writes: int) -> None:
        self.client = client
        self.writes = writes

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self.client, operation)
        if operation not in WRITES:
            return call

        def counted(**params: Any) -> Any:
            response = call(**params)
            self.writes -= 1
            if self.writes == 0:
                raise CrashError
            return response

        return counted


BOTH = [BOB, ANNA]


def to_one(store: DynamoDBEmailStore) -> None:
    send(store, record("one"), [BOB])
    track(store, notification("Click", "one", [BOB]))
    store.suppress(Suppression(address=BOB, reason="bounce", at=NOW))


def to_two(store: DynamoDBEmailStore) -> None:
    send(store, TWO, BOTH)
    track(store, notification("Bounce", "two", BOTH, *BOTH))


def to_many(store: DynamoDBEmailStore) -> None:
    news(store)
    track(store, notification("Delivery", "news", BOTH, BOB))


def from_outside(store: DynamoDBEmailStore) -> None:
    track(store, notification("Delivery", None, BOTH, *BOTH))


def fill(store: DynamoDBEmailStore) -> None:
    """Store mail of each kind to Bob."""
    for kind in KINDS:
        kind(store)


KINDS: dict[Callable[[DynamoDBEmailStore], None], tuple[str, dict[EmailState, int]]] = {
    to_one: ("one", {EmailState.CLICKED: 1}),
    to_two: ("two", {EmailState.BOUNCED: 2}),
    to_many: ("news", {EmailState.DELIVERED: 1, EmailState.ACCEPTED: 2}),
    from_outside: ("ses-0100-m", {EmailState.DELIVERED: 2}),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_erasure_goes_on_after_a_crash_at_any_write(
    dynamodb: DynamoDBClient, kind: Callable[[DynamoDBEmailStore], None]
) -> None:
    email_id, counts = KINDS[kind]
    for writes in count(1):
        name = create_email_table(dynamodb, f"erase-{next(TABLE_NUMBERS)}")
        store = DynamoDBEmailStore(dynamodb, name, RETENTION, HASHES)
        kind(store)
        suppressed = store.suppressed(BOTH)
        client = CrashingClient(dynamodb, writes)
        crashing = DynamoDBEmailStore(client, name, RETENTION, HASHES)  # type: ignore[arg-type]
        is_crashed = True
        try:
            erase_all(crashing)
            is_crashed = False
        except CrashError:
            erase_all(store)
        assert traces(store) == []
        assert view(store, email_id).counts == counts
        assert store.suppressed(BOTH) == suppressed
        dynamodb.delete_table(TableName=name)
        if not is_crashed:
            break
    assert writes > 5


def erase_part(store: DynamoDBEmailStore, address: str, at: datetime, **bounds: int) -> Erasure:
    """One call that may do less than usual."""
    person = Person(address)
    eraser = Eraser(store.table, HASHES, person, RETENTION, at, nothing_outside, **bounds)
    return eraser.run()


def test_work_of_a_call_is_bounded(dynamodb: DynamoDBClient, table_name: str) -> None:
    store = DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)
    fill(store)
    calls: list[Erasure] = []
    while not (calls and calls[-1].is_complete):
        at = max((call.waits_until or LATER for call in calls), default=LATER)
        calls.append(erase_part(store, BOB_AS_ASKED, at, work=1))

    assert len(calls) > 5
    assert traces(store) == []
    for email_id, counts in KINDS.values():
        assert view(store, email_id).counts == counts


def test_many_emails_take_several_calls(dynamodb: DynamoDBClient, table_name: str) -> None:
    store = DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)
    for number in range(5):
        send(store, record(f"e{number}"), [BOB])
    calls = [erase_part(store, BOB_AS_ASKED, LATER, entries=2) for _ in range(3)]

    assert [call.emails for call in calls] == [2, 2, 1]
    assert not any(call.is_complete for call in calls)
    assert traces(store) == []
    assert erase_all(store)["emails"] == 0


def test_sweep_of_a_large_email_goes_on_where_it_ended(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    store = DynamoDBEmailStore(dynamodb, table_name, RETENTION, HASHES)
    news(store)
    people = [BOB, *(f"p{number}@example.net" for number in range(120))]
    for person in people[1:]:
        track(store, notification("Delivery", "news", [person, ANNA], person))
    calls: list[Erasure] = []
    while not (calls and calls[-1].waits_until):
        calls.append(erase_part(store, ANNA, LATER, work=1_000, page=50))

    assert 1 < len(calls) < 6
    assert sum(call.events for call in calls) == len(people) - 1
    assert "anna@" not in stored_text(store)
