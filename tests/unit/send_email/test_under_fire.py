"""Whatever goes wrong, and in whatever order: every email is accepted by SES exactly once."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsdal_mail.message.email import EmailMessage
from email_store.claims import Claim, ClaimStatus, queued
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.sending.job import SendJob
from send_email.sending.timeouts import Timeouts
from tests.unit.send_email.simulation import FlakyStore, World

W = TypeVar("W", bound=World)
CHANCES = st.randoms(use_true_random=False)
WORLDS = 100
"""So many by chance are enough to show that a protection is missing."""


def emails() -> list[SendJob]:
    to = [f"p{number}@example.com" for number in range(60)]
    return [
        SendJob.of("plain", email(to=to[:1])),
        SendJob.of("shared", email(to=to[:2], cc=to[2:3])),
        SendJob.of("merged", email(to=to[:3], merge_data={})),
        SendJob.of("chunks", email(to=to, merge_data={})),
    ]


def email(**fields: Any) -> EmailMessage:
    return EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", **fields)


def end_of(world: W) -> W:
    for delivery in emails():
        world.chance.choice((world.request, world.drop))(delivery)
    world.run()
    return world


@settings(max_examples=80)
@given(chance=CHANCES)
def test_nothing_is_lost_and_nothing_sent_twice(chance: random.Random) -> None:
    world = end_of(World(chance))

    assert world.lost == set()
    assert world.sent_twice == set()


@settings(max_examples=30)
@given(chance=CHANCES)
def test_in_the_end_the_store_knows_what_ses_accepted(chance: random.Random) -> None:
    world = end_of(World(chance))

    for delivery in emails():
        found = world.store.load(delivery.email_id)
        assert found is not None
        assert found.counts == {EmailState.ACCEPTED: len(delivery.addresses)}


class NoClaims(MemoryEmailStore):
    """Lets everybody send."""

    def claim(self, record: Any, unit: Any, addresses: Any, **_: Any) -> Claim:
        return Claim(unit, ClaimStatus.CLAIMED, queued(addresses), 1)

    def settle(self, *_: Any, **__: Any) -> bool:
        return True

    release = settle


class NoEvents(FlakyStore):
    """Does not look whom SES's events show to have been sent to."""

    def _recipients_of(self, email_id: str) -> list[Any]:
        return []


class NoRequeue(World):
    def put(self, *_: Any, **__: Any) -> None:
        """Forget what should go back on the queue."""


def without_claims(chance: random.Random) -> World:
    world = World(chance)
    world.store = NoClaims()
    return world


def without_events(chance: random.Random) -> World:
    world = World(chance)
    world.store = NoEvents(world)
    return world


def without_waiting(chance: random.Random) -> World:
    """Neither a lease nor a lost answer keeps anybody from sending again at once."""
    world = World(chance)
    world.times = Timeouts(timeout=60, lost_response=0)
    return world


def fails(world: World) -> bool:
    end_of(world)
    return bool(world.lost or world.sent_twice)


@pytest.mark.parametrize(
    "make",
    [without_claims, without_events, without_waiting, NoRequeue],
    ids=["claims", "events", "waiting", "requeueing"],
)
def test_without_a_protection_emails_are_lost_or_sent_twice(
    make: Callable[[random.Random], World],
) -> None:
    assert any(fails(make(random.Random(seed))) for seed in range(WORLDS))


def test_with_every_protection_the_same_worlds_end_well() -> None:
    assert not any(fails(World(random.Random(seed))) for seed in range(WORLDS))


@pytest.mark.parametrize("fault", ["throttle", "pause", "drop answer", "no turn", "twice"])
def test_what_passes_by_itself_makes_no_dead_letter(fault: str) -> None:
    class OneFault(World):
        letters = 0

        def _fault(self, *kinds: Any) -> Any:
            return super()._fault(fault) if fault in kinds else None

        def _receive(self, record: Any) -> None:
            super()._receive(record)
            self.letters += len(self.dead_letters)

    worlds = [end_of(OneFault(random.Random(seed), faults=40)) for seed in range(20)]

    assert sum(world.letters for world in worlds) == 0
    assert not any(world.lost or world.sent_twice for world in worlds)
