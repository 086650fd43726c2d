"""SES accepts each email exactly once, whatever goes wrong and in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from amsdal_mail.message.email import EmailMessage
from email_store.claims import Claim, ClaimStatus, queued
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.sending.job import SendJob
from send_email.sending.timeouts import Timeouts
from tests.unit.send_email.jobs import job_of
from tests.unit.send_email.simulation import FlakyStore, Simulation

W = TypeVar("W", bound=Simulation)
RNGS = st.randoms(use_true_random=False)
SIMULATIONS = 100
"""Enough random simulations to show that a protection is missing."""


def emails() -> list[SendJob]:
    to = [f"p{number}@example.com" for number in range(60)]
    return [
        job_of("plain", email(to=to[:1])),
        job_of("shared", email(to=to[:2], cc=to[2:3])),
        job_of("merged", email(to=to[:3], merge_data={})),
        job_of("chunks", email(to=to, merge_data={})),
    ]


def email(**fields: Any) -> EmailMessage:
    return EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", **fields)


def end_of(simulation: W) -> W:
    for job in emails():
        simulation.rng.choice((simulation.request, simulation.drop))(job)
    simulation.run()
    return simulation


@settings(max_examples=80)
@given(rng=RNGS)
def test_no_email_is_lost_or_sent_twice(rng: random.Random) -> None:
    simulation = end_of(Simulation(rng))

    assert simulation.lost == set()
    assert simulation.sent_twice == set()


@settings(max_examples=30)
@given(rng=RNGS)
def test_store_ends_with_what_ses_accepted(rng: random.Random) -> None:
    simulation = end_of(Simulation(rng))

    for job in emails():
        view = simulation.store.load(job.email_id)
        assert view is not None
        assert view.counts == {EmailState.ACCEPTED: len(job.addresses)}


class NoClaims(MemoryEmailStore):
    """Grants every claim."""

    @override
    def claim(self, record: Any, unit: Any, addresses: Any, **_: Any) -> Claim:
        return Claim(unit, ClaimStatus.CLAIMED, queued(addresses, record), 1)

    @override
    def settle(self, *_: Any, **__: Any) -> bool:
        return True

    release = settle


class NoEvents(FlakyStore):
    """Ignores the recipients that SES's events show as accepted."""

    @override
    def _recipients_of(self, email_id: str) -> list[Any]:
        return []


class NoRetry(Simulation):
    @override
    def put(self, *_: Any, **__: Any) -> None:
        """Forget the jobs."""


def without_claims(rng: random.Random) -> Simulation:
    simulation = Simulation(rng)
    simulation.store = NoClaims()
    return simulation


def without_events(rng: random.Random) -> Simulation:
    simulation = Simulation(rng)
    simulation.store = NoEvents(simulation)
    return simulation


def without_waiting(rng: random.Random) -> Simulation:
    """Neither a lease nor a lost response delays a retry."""
    simulation = Simulation(rng)
    simulation.timeouts = Timeouts.from_settings(60, 0)
    return simulation


def fails(simulation: Simulation) -> bool:
    end_of(simulation)
    return bool(simulation.lost or simulation.sent_twice)


@pytest.mark.parametrize(
    "make",
    [without_claims, without_events, without_waiting, NoRetry],
    ids=["claims", "events", "waiting", "retries"],
)
def test_missing_protection_loses_or_repeats_emails(
    make: Callable[[random.Random], Simulation],
) -> None:
    assert any(fails(make(random.Random(seed))) for seed in range(SIMULATIONS))


def test_same_simulations_end_well_with_every_protection() -> None:
    assert not any(fails(Simulation(random.Random(seed))) for seed in range(SIMULATIONS))


@pytest.mark.parametrize("fault", ["throttle", "pause", "drop response", "no capacity", "twice"])
def test_temporary_fault_makes_no_dead_letter(fault: str) -> None:
    class OneFault(Simulation):
        letters = 0

        @override
        def _fault(self, *kinds: Any) -> Any:
            return super()._fault(fault) if fault in kinds else None

        @override
        def _receive(self, record: Any) -> None:
            super()._receive(record)
            self.letters += len(self.dead_letters)

    simulations = [end_of(OneFault(random.Random(seed), faults=40)) for seed in range(20)]

    assert sum(simulation.letters for simulation in simulations) == 0
    assert not any(simulation.lost or simulation.sent_twice for simulation in simulations)
