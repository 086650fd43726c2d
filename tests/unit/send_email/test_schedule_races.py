"""Nothing is sent after a cancellation, early, twice or after its expiry, whatever races."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from typing_extensions import override

from email_store.claims import Claim, SendUnit, UnitState
from email_store.store import StoreError
from send_email.sending.job import SendJob, SendOutcome
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from send_email.sending.timing import AT_ONCE
from tests.unit.send_email.schedule_world import (
    EMAIL_ID,
    Contents,
    RaceStore,
    VirtualTimers,
    World,
)

RACES = 10_000
TRIES = 3_000
"""Enough races to show that a protection is missing."""


def problems(world: World) -> list[str]:
    """Return what a caller could complain of."""
    verdict = world.run()
    found = list(verdict.faults)
    unit = world.store.find_unit(EMAIL_ID)
    if verdict.canceled_at is not None and verdict.sent:
        found.append("sent although it was canceled")
    if len(verdict.sent) > 1:
        found.append("sent twice")
    is_expired = unit is not None and unit.expires_at is not None and unit.expires_at <= world.now
    must_send = verdict.is_accepted and verdict.canceled_at is None and not is_expired
    if must_send and not verdict.sent and not (unit and unit.is_canceled):
        found.append("lost")
    return found


def test_ten_thousand_races_end_well() -> None:
    complaints = {
        seed: found for seed in range(RACES) if (found := problems(World(random.Random(seed))))
    }

    assert complaints == {}


class NoDueCheck(RaceStore):
    """A claim does not look at the time to send."""

    @override
    def _open(self, record: Any, unit: Any, addresses: Any, now: Any) -> Claim:
        stored = self._units.get(unit)
        if stored is None or stored.is_scheduled is False:
            return super()._open(record, unit, addresses, now)
        self._units[unit] = replace(stored, send_at=None)
        claim = super()._open(record, unit, addresses, now)
        self._units[unit] = replace(self._units[unit], send_at=stored.send_at)
        return claim


class CanceledIsForgotten(RaceStore):
    """A cancellation does not settle the email."""

    @override
    def cancel(self, email_id: str, found: UnitState) -> bool:
        done = super().cancel(email_id, found)
        unit = SendUnit(email_id)
        stored = self._units[unit]
        self._units[unit] = replace(stored, is_settled=False, results=found.results)
        return done


class CancelsAnyway(RaceStore):
    """A cancellation does not look whether a worker has the email."""

    @override
    def cancel(self, email_id: str, found: UnitState) -> bool:
        self._world.point(StoreError)
        unit = SendUnit(email_id)
        self._units[unit] = replace(self._units[unit], is_settled=True, is_canceled=True)
        return True


class LostTimers(VirtualTimers):
    """Half of the timers are refused, and nobody is told."""

    @override
    def set(self, timer: Any, now: Any) -> None:
        if self._world.rng.random() < 0.5:
            super().set(timer, now)


class NoSecondTimer(Schedules):
    """An early timer does not set the next."""

    @override
    def set_again(self, timer: Any) -> None:
        return


class ForgetfulContents(Contents):
    """The content is deleted when it is read."""

    @override
    def get(self, content: Any) -> bytes:
        read = super().get(content)
        self._objects.pop(content.key)
        return read


def with_store(kind: type[RaceStore]) -> Callable[[random.Random], World]:
    def make(rng: random.Random) -> World:
        world = World(rng)
        world.store = kind(world)
        return world

    return make


def with_lost_timers(rng: random.Random) -> World:
    world = World(rng)
    world.timers = LostTimers(world)
    world.surprises = 0
    return world


def with_forgetful_contents(rng: random.Random) -> World:
    world = World(rng)
    world.contents = ForgetfulContents(world)
    return world


class WithoutSecondTimer(World):
    @override
    def schedules(self) -> Schedules:
        usual = super().schedules()
        names = ("store", "contents", "timers", "queue", "bus", "clock")
        return NoSecondTimer(**{name: getattr(usual, name) for name in names})


class EternalService(SendService):
    """Forgets when an email expires."""

    @override
    def _send_claimed(self, job: SendJob, claim: Claim, deadline: Any) -> SendOutcome:
        eternal = replace(claim, expires_at=None)
        # `super()` does not work in a class with slots that dataclass made anew.
        return SendService._send_claimed(self, replace(job, timing=AT_ONCE), eternal, deadline)


class WithoutExpiry(World):
    @override
    def service(self) -> SendService:
        usual = super().service()
        values = {field.name: getattr(usual, field.name) for field in fields(usual)}
        return EternalService(**values)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (with_store(NoDueCheck), "early"),
        (with_store(CanceledIsForgotten), "sent although it was canceled"),
        (with_store(CancelsAnyway), "sent although it was canceled"),
        (with_lost_timers, "lost"),
        (WithoutSecondTimer, "lost"),
        (with_forgetful_contents, "lost"),
        (WithoutExpiry, "expired"),
    ],
    ids=["due", "settled", "claimed", "refused timer", "second timer", "content", "expiry"],
)
def test_missing_protection_shows(make: Callable[[random.Random], World], problem: str) -> None:
    assert any(problem in problems(make(random.Random(seed))) for seed in range(TRIES))
