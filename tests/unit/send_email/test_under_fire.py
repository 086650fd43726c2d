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
from tests.unit.send_email.simulation import FlakyStore, Simulation

W = TypeVar("W", bound=Simulation)
CHANCES = st.randoms(use_true_random=False)
SIMULATIONS = 100
"""So many by chance are enough to show that a protection is missing."""


def emails() -> list[SendJob]:
    to = [f"p{number}@example.com" for number in range(60)]
    return [
        SendJob.from_message("plain", email(to=to[:1])),
        SendJob.from_message("shared", email(to=to[:2], cc=to[2:3])),
        SendJob.from_message("merged", email(to=to[:3], merge_data={})),
        SendJob.from_message("chunks", email(to=to, merge_data={})),
    ]


def email(**fields: Any) -> EmailMessage:
    return EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", **fields)


def end_of(simulation: W) -> W:
    for job in emails():
        simulation.chance.choice((simulation.request, simulation.drop))(job)
    simulation.run()
    return simulation


@settings(max_examples=80)
@given(chance=CHANCES)
def test_nothing_is_lost_and_nothing_sent_twice(chance: random.Random) -> None:
    simulation = end_of(Simulation(chance))

    assert simulation.lost == set()
    assert simulation.sent_twice == set()


@settings(max_examples=30)
@given(chance=CHANCES)
def test_in_the_end_the_store_knows_what_ses_accepted(chance: random.Random) -> None:
    simulation = end_of(Simulation(chance))

    for job in emails():
        found = simulation.store.load(job.email_id)
        assert found is not None
        assert found.counts == {EmailState.ACCEPTED: len(job.addresses)}


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


class NoRequeue(Simulation):
    def put(self, *_: Any, **__: Any) -> None:
        """Forget what should go back on the queue."""


def without_claims(chance: random.Random) -> Simulation:
    simulation = Simulation(chance)
    simulation.store = NoClaims()
    return simulation


def without_events(chance: random.Random) -> Simulation:
    simulation = Simulation(chance)
    simulation.store = NoEvents(simulation)
    return simulation


def without_waiting(chance: random.Random) -> Simulation:
    """Neither a lease nor a lost answer keeps anybody from sending again at once."""
    simulation = Simulation(chance)
    simulation.timeouts = Timeouts.from_settings(60, 0)
    return simulation


def fails(simulation: Simulation) -> bool:
    end_of(simulation)
    return bool(simulation.lost or simulation.sent_twice)


@pytest.mark.parametrize(
    "make",
    [without_claims, without_events, without_waiting, NoRequeue],
    ids=["claims", "events", "waiting", "requeueing"],
)
def test_without_a_protection_emails_are_lost_or_sent_twice(
    make: Callable[[random.Random], Simulation],
) -> None:
    assert any(fails(make(random.Random(seed))) for seed in range(SIMULATIONS))


def test_with_every_protection_the_same_worlds_end_well() -> None:
    assert not any(fails(Simulation(random.Random(seed))) for seed in range(SIMULATIONS))


@pytest.mark.parametrize("fault", ["throttle", "pause", "drop answer", "no turn", "twice"])
def test_what_passes_by_itself_makes_no_dead_letter(fault: str) -> None:
    class OneFault(Simulation):
        letters = 0

        def _fault(self, *kinds: Any) -> Any:
            return super()._fault(fault) if fault in kinds else None

        def _receive(self, record: Any) -> None:
            super()._receive(record)
            self.letters += len(self.dead_letters)

    simulations = [end_of(OneFault(random.Random(seed), faults=40)) for seed in range(20)]

    assert sum(simulation.letters for simulation in simulations) == 0
    assert not any(simulation.lost or simulation.sent_twice for simulation in simulations)
