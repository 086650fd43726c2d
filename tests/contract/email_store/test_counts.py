"""The kept counts of a large email equal what counting gives, whatever happens in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import OPEN_STATES, Claim, ClaimStatus, Results, SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord, RecipientRecord, Repeat
from email_store.states import EmailState
from email_store.store import EmailStore
from tests.email_table import HASHES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
RETENTION = timedelta(days=30)
LEASE = 90
COPY = "copy@example.com"
CHUNKS = {1: ("a@example.com", "b@example.com", COPY), 2: ("c@example.com", "d@example.com", COPY)}
ADDRESSES = sorted({*CHUNKS[1], *CHUNKS[2]})
EVENT_STATES = [state for state in EmailState if state.rank >= EmailState.ACCEPTED.rank]
RECORD = EmailRecord(
    email_id="news",
    fingerprint="f",
    created_at=NOW,
    recipient_count=7,
    chunk_count=3,
    copies=(COPY,),
)
FATES = [*[SendState.ACCEPTED] * 3, SendState.FAILED, SendState.REJECTED, SendState.SUPPRESSED]


class CrashError(Exception):
    """The worker dies."""


class PlottingClient:
    """Does something once, before or after the next call of a name."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._plot: tuple[str, Callable[[], None], bool] | None = None

    def plot(self, operation: str, deed: Callable[[], None], *, is_before: bool) -> None:
        self._plot = operation, deed, is_before

    def forget(self) -> None:
        self._plot = None

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)
        if self._plot is None or self._plot[0] != operation:
            return call

        def plotted(**params: Any) -> Any:
            assert self._plot is not None
            _, deed, is_before = self._plot
            self.forget()
            if is_before:
                deed()
            response = call(**params)
            if not is_before:
                deed()
            return response

        return plotted


@pytest.fixture
def client(dynamodb: DynamoDBClient) -> PlottingClient:
    return PlottingClient(dynamodb)


@pytest.fixture
def kept(client: PlottingClient, table_name: str) -> DynamoDBEmailStore:
    return DynamoDBEmailStore(client, table_name, RETENTION, HASHES)  # type: ignore[arg-type]


def begin(store: EmailStore) -> None:
    store.settle(store.claim(RECORD, SendUnit("news"), (), now=NOW, lease_seconds=LEASE), {})


def advance(store: EmailStore, address: str, state: EmailState, at: datetime = NOW) -> bool:
    recipient = RecipientRecord(
        email_id="news", address=address, state=state, at=at, message_id="0100"
    )
    return store.advance_recipient(recipient, now=NOW, record=RECORD)


def shown(store: EmailStore) -> Any:
    view = store.load("news")
    assert view is not None
    states = {recipient.address: recipient.state for recipient in view.recipients}
    return dict(view.counts), states, view.state, view.opens, view.clicks


def accepted(claim: Claim) -> Results:
    return {to: RecipientStatus(to, SendState.ACCEPTED, f"ses-{to}") for to in claim.results}


class Life:
    """Does the same with both stores, at random. SES reports only recipients that it accepts."""

    def __init__(self, rng: random.Random, client: PlottingClient, *stores: EmailStore) -> None:
        self.rng = rng
        self.client = client
        self.stores = stores
        self.claims: list[tuple[Claim, Claim, Results]] = []
        self.seconds = count(0, LEASE + 1)
        self.fates = {address: rng.choice(FATES) for address in ADDRESSES}
        self.accepted = [to for to, state in self.fates.items() if state is SendState.ACCEPTED]
        for store in stores:
            begin(store)

    def step(self) -> None:
        """Do something. Each recipient is counted once, also before its result is stored."""
        deed = self.rng.choice([self.claim, self.end, self.end, self.event, self.event, self.open])
        deed()
        for counts, *_ in map(shown, self.stores):
            assert sum(counts.values()) == RECORD.recipient_count
            assert min(counts.values()) > 0

    def finish(self) -> None:
        """Send what is left. Then all is as counting gives it."""
        for chunk in CHUNKS:
            claims = self._claim(chunk)
            for store, claim in zip(self.stores, claims, strict=True):
                if claim.status is ClaimStatus.CLAIMED:
                    results = {to: RecipientStatus(to, self.fates[to]) for to in claim.results}
                    assert store.settle(claim, results)
        kept, counted = map(shown, self.stores)
        assert kept == counted

    def claim(self) -> None:
        kept, counted = self._claim(self.rng.choice([*CHUNKS]))
        assert (kept.status, kept.results) == (counted.status, counted.results)
        if kept.status is ClaimStatus.CLAIMED:
            results = {
                to: self._result(status) if status.state in OPEN_STATES else status
                for to, status in kept.results.items()
            }
            self.claims.append((kept, counted, results))

    def _claim(self, chunk: int) -> list[Claim]:
        now = NOW + timedelta(seconds=next(self.seconds))
        return [
            store.claim(
                RECORD, SendUnit("news", chunk), CHUNKS[chunk], now=now, lease_seconds=LEASE
            )
            for store in self.stores
        ]

    def end(self) -> None:
        """Settle or release the lease of any worker, again too, also of one that has lost it."""
        if not self.claims:
            return
        *claims, results = self.rng.choice(self.claims)
        is_open = any(status.state in OPEN_STATES for status in results.values())

        def end(store: EmailStore, claim: Claim) -> bool:
            return (store.release if is_open else store.settle)(claim, results)

        self._do(*(lambda s=s, c=c: end(s, c) for s, c in zip(self.stores, claims, strict=True)))

    def event(self) -> None:
        if not self.accepted:
            return
        address, state = self.rng.choice(self.accepted), self.rng.choice(EVENT_STATES)
        at = NOW - timedelta(days=self.rng.choice([0, 0, 0, 40]))
        # The other event may be the first in one store and the second in the other.
        self._do(*(lambda s=s: advance(s, address, state, at) or True for s in self.stores))

    def open(self) -> None:
        repeat = Repeat(self.rng.choice(["open", "click"]), self.rng.choice([*ADDRESSES, None]))
        for store in self.stores:
            store.count_repeat("news", repeat, now=NOW, record=RECORD)

    def _result(self, status: RecipientStatus) -> RecipientStatus:
        fate = self.fates[status.address]
        return RecipientStatus(status.address, self.rng.choice([fate, fate, *OPEN_STATES]))

    def _do(self, keep: Callable[[], bool], counts: Callable[[], bool]) -> None:
        """Do it in both. In the table, a worker may crash and repeat, or another may come first."""
        call = self.rng.choice(["transact_write_items", "batch_get_item", "update_item", "none"])
        is_before = self.rng.random() < 0.5
        has_crashed = False

        def crash() -> None:
            raise CrashError

        def other() -> None:
            for address in self.accepted[:1]:
                state = self.rng.choice(EVENT_STATES)
                for store in self.stores:
                    advance(store, address, state)

        self.client.plot(call, self.rng.choice([crash, other]), is_before=is_before)
        try:
            done = keep()
        except CrashError:
            has_crashed = True
            done = keep()
        self.client.forget()
        assert counts() == done or has_crashed


@pytest.mark.parametrize("seed", range(12))
def test_kept_counts_equal_counting_through_crashes_and_races(
    client: PlottingClient, kept: DynamoDBEmailStore, seed: int
) -> None:
    life = Life(random.Random(seed), client, kept, MemoryEmailStore())

    for _ in range(40):
        life.step()
    life.finish()


def test_recipients_of_unclaimed_chunks_are_queued(store: EmailStore) -> None:
    begin(store)
    claim = store.claim(RECORD, SendUnit("news", 1), CHUNKS[1], now=NOW, lease_seconds=LEASE)
    assert shown(store)[0] == {EmailState.QUEUED: 7}

    store.settle(claim, accepted(claim))

    assert shown(store)[0] == {EmailState.ACCEPTED: 3, EmailState.QUEUED: 4}


def test_event_before_the_end_of_its_chunk_is_counted_once(store: EmailStore) -> None:
    begin(store)
    claim = store.claim(RECORD, SendUnit("news", 1), CHUNKS[1], now=NOW, lease_seconds=LEASE)

    assert advance(store, COPY, EmailState.DELIVERED)
    store.settle(claim, accepted(claim))
    assert not advance(store, COPY, EmailState.ACCEPTED)

    counts = {EmailState.ACCEPTED: 2, EmailState.DELIVERED: 1, EmailState.QUEUED: 4}
    assert shown(store)[0] == counts


def test_chunk_with_the_most_copies_is_settled_whole(store: EmailStore) -> None:
    people = [f"p{number:02}@example.com" for number in range(99)]
    begin(store)
    claim = store.claim(RECORD, SendUnit("news", 1), people, now=NOW, lease_seconds=LEASE)

    assert store.settle(claim, accepted(claim))

    assert shown(store)[0] == {EmailState.ACCEPTED: 99}
    again = store.claim(RECORD, SendUnit("news", 1), people, now=NOW, lease_seconds=LEASE)
    assert (again.status, again.results) == (ClaimStatus.SETTLED, accepted(claim))
