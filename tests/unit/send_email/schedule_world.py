"""A world in virtual time in which callers, timers, workers and crashes race for one email.

At each call to AWS, another actor may act first, the call may fail before or after its effect, and
the worker may die. SES counts what it sends. Everything works again when the faults are used up.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import Mock

from typing_extensions import override

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage, EmailRequest
from amsdal_mail.message.stored_request import StoredContent
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.claims import Claim, ClaimStatus, Results, UnitState
from email_store.memory import MemoryEmailStore
from email_store.rate_note import RateNote
from email_store.records import EmailRecord, RecipientRecord
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.queue.wake import wake
from send_email.sending.content_store import ContentMissingError, ContentStoreError
from send_email.sending.errors import QueueError, TooLateError, UnknownEmailError
from send_email.sending.hand_over import HandOverBudget
from send_email.sending.job import SendJob
from send_email.sending.notices import Notice
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from send_email.sending.timers import Timer

__all__ = ["Crash", "RaceStore", "World"]

NOW = datetime.fromisoformat("2026-12-01T12:00:00+00:00")
TIMEOUTS = Timeouts.from_settings(60, 900)
EMAIL_ID = "reminder"
NO_FILES: Any = Mock()
ANNA = "anna@example.com"
VISIBILITY = 360
PAUSE, BUSY_PAUSE = 5, 200
EVENT_SECONDS = 500
"""SES reports what it accepted within this time. A lease is longer."""
MAX_RECEIVES = 4
STEPS = 2_000
TEMPORARY = (StoreError, QueueError, ContentStoreError)


class Crash(BaseException):
    """The worker dies."""


@dataclass
class Record:
    """A message on the queue."""

    handle: Callable[[], object]
    receives: int = 0


@dataclass
class Verdict:
    """What callers were told, and what SES did."""

    sent: list[datetime] = field(default_factory=list)
    is_accepted: bool = False
    canceled_at: datetime | None = None
    faults: list[str] = field(default_factory=list)


class World:
    """One email that a caller schedules, and others move, cancel and repeat."""

    def __init__(self, rng: random.Random, faults: int = 6) -> None:
        self.rng = rng
        self.faults = faults
        self.surprises = 0.05
        """How often a timer comes that nobody expects."""
        self.now = NOW
        self.verdict = Verdict()
        self.store: MemoryEmailStore = RaceStore(self)
        self.contents: Any = Contents(self)
        self.timers: Any = VirtualTimers(self)
        self.expires_in = rng.choice((None, None, 30, 4_000))
        self.job = _job(rng.choice((1, 60, 600, 5_000)), self.expires_in)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._planned = 0
        self._waiting: list[Callable[[], None]] = []
        self._depth = 0

    # Collaborators

    def schedules(self) -> Schedules:
        return Schedules(
            store=self.store,
            contents=self.contents,
            timers=self.timers,
            queue=self,
            bus=self,
            clock=lambda: self.now,
        )

    def service(self) -> SendService:
        return SendService(
            store=self.store,
            sender=self,
            queue=self,
            contents=self.contents,
            files=NO_FILES,
            send_rate=self,
            identities={"example.com"},
            timeouts=TIMEOUTS,
            clock=lambda: self.now,
            jitter=self.rng.random,
            schedules=self.schedules,
            bus=self,
        )

    # Actors

    def run(self) -> Verdict:
        """Let all actors act, until nothing is left to do."""
        self._waiting = [self._move, self._move, self._cancel, self._post]
        self.rng.shuffle(self._waiting)
        self._post()
        for actor in self._waiting:
            self.plan(self.rng.choice((0, 1, 59, 61, 600, 900, 4_990, 5_000)), actor)
        self._waiting = []
        for _ in range(STEPS):
            if not self._agenda:
                return self.verdict
            at, _, act = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            act()
        raise AssertionError("the world does not come to rest")

    def _post(self) -> None:
        try:
            outcome = self.service().send(self.job)
        except (*TEMPORARY, Crash):
            self.plan(PAUSE, self._post)
            return
        if outcome.claim is ClaimStatus.BUSY:
            self.plan(BUSY_PAUSE, self._post)
            return
        self.verdict.is_accepted = True

    def _move(self) -> None:
        send_at = self.now + timedelta(seconds=self.rng.choice((-5, 0, 2, 300, 1_000, 6_000)))
        gives_up = self.rng.random() < 0.5
        try:
            self.schedules().move(EMAIL_ID, send_at)
        except (TooLateError, UnknownEmailError):
            return
        except (*TEMPORARY, Crash):
            if not gives_up:
                self.plan(PAUSE, self._move)
        except InvalidMessageError:
            return  # behind the expiry

    def _cancel(self) -> None:
        if self.rng.random() < 0.4:
            return
        try:
            self.schedules().cancel(EMAIL_ID)
        except (TooLateError, UnknownEmailError):
            return
        except (*TEMPORARY, Crash):
            self.plan(PAUSE, self._cancel)
            return
        self.verdict.canceled_at = self.now

    def receive_timer(self) -> None:
        """Let a timer come."""
        self._receive(Record(lambda: wake(self.service(), EMAIL_ID, FAR, HandOverBudget())))

    def _receive(self, record: Record) -> None:
        record.receives += 1
        try:
            record.handle()
        except (*TEMPORARY, ContentMissingError, Crash):
            # A dead letter is redriven after a while.
            is_dead = record.receives >= MAX_RECEIVES
            record.receives = 0 if is_dead else record.receives
            self.plan(VISIBILITY * (3 if is_dead else 1), lambda: self._receive(record))

    # SES, the queue, the rate and the bus

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        unit = self.store.find_unit(EMAIL_ID)
        assert unit is not None
        self._check_time(unit)
        self._pass(self.rng.uniform(0, 2))
        match self.fault("throttle", "drop response", "crash after"):
            case "throttle":
                return _status(SendState.FAILED, RetryHint.SOON)
            case "drop response":
                self._accept()
                return _status(SendState.UNKNOWN)
            case "crash after":
                self._accept()
                raise Crash
        self._accept()
        return _status(SendState.ACCEPTED)

    def _check_time(self, unit: UnitState) -> None:
        if unit.send_at is not None and unit.send_at > self.now:
            self.verdict.faults.append("early")
        if unit.expires_at is not None and unit.expires_at <= self.now:
            self.verdict.faults.append("expired")

    def _accept(self) -> None:
        self.verdict.sent.append(self.now)
        self.plan(self.rng.uniform(0, EVENT_SECONDS), self._show_event)

    def _show_event(self) -> None:
        shown = RecipientRecord(
            email_id=EMAIL_ID,
            address=ANNA,
            state=EmailState.ACCEPTED,
            at=self.now,
            message_id="ses-1",
        )
        self.store.advance_recipient(shown, now=self.now)

    def put(self, jobs: Iterable[SendJob], delay_seconds: int = 0) -> None:
        self.point(QueueError)
        for job in jobs:
            record = Record(lambda job=job: self._handle(job))  # type: ignore[misc]
            self.plan(delay_seconds, lambda record=record: self._receive(record))  # type: ignore[misc]
        self.point(QueueError)

    def _handle(self, job: SendJob) -> None:
        service = self.service()
        outcome = service.send(job)
        if outcome.claim is ClaimStatus.BUSY:
            service.postpone(job, outcome)

    def discard(self, job: SendJob) -> None:
        """Delete nothing: the job is small."""

    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        raise AssertionError("the job is small")

    def stream_of(self, queue_name: str) -> Stream | None:
        return None

    largest_call = 50

    def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
        return True

    def give_back(self, stream: Stream, recipients: int) -> None:
        """No address is suppressed."""

    def wants_note(self) -> bool:
        return False

    def learn(self, stream: Stream, note: RateNote) -> None:
        """There is no note."""

    def publish(self, notice: Notice) -> None:
        self.point(QueueError)

    # Faults

    def point(self, error: type[BaseException]) -> None:
        """Let others act, let time pass, and maybe fail."""
        if self._waiting and self._depth < 3 and self.rng.random() < 0.15:
            self._depth += 1
            self._waiting.pop()()
            self._depth -= 1
        if self._depth < 2 and self.rng.random() < self.surprises:
            self._depth += 1
            self.receive_timer()  # one that nobody expects now
            self._depth -= 1
        if self.rng.random() < 0.1:
            self._pass(self.rng.choice((0.5, 2, 15)))
        if fault := self.fault(error, Crash):
            raise fault

    def fault(self, *kinds: Any) -> Any:
        if self.faults == 0 or self.rng.random() > 0.12:
            return None
        self.faults -= 1
        return self.rng.choice(kinds)

    def _pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def plan(self, seconds: float, act: Callable[[], None]) -> None:
        self._planned += 1
        at = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._agenda, (at, self._planned, act))


@cache
def _job(seconds: int, expires_in: int | None) -> SendJob:
    request = EmailRequest(
        subject="Hi",
        body="Hello",
        from_email="shop@example.com",
        to=[ANNA],
        send_at=NOW + timedelta(seconds=seconds),
        expires_in=expires_in,
    )
    return SendJob.from_request(EMAIL_ID, request, lambda: NOW)


FAR = NOW + timedelta(days=900)


class VirtualTimers:
    """Timers that come at their time, sometimes twice or early."""

    def __init__(self, world: World) -> None:
        self._world = world

    def set(self, timer: Timer, now: datetime) -> None:
        world = self._world
        world.point(QueueError)
        seconds = max(0.0, (timer.at - world.now).total_seconds())
        world.plan(seconds, world.receive_timer)
        if world.rng.random() < 0.1:
            world.plan(seconds * world.rng.random(), world.receive_timer)
        world.point(QueueError)

    def set_near(self, timer: Timer, now: datetime) -> None:
        self.set(timer, now)

    def drop(self, timer: Timer) -> None:
        """Take nothing back: each timer comes."""
        self._world.point(Crash)


class Contents:
    """The bucket."""

    bucket = "contents"

    def __init__(self, world: World) -> None:
        self._world = world
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> StoredContent:
        self._world.point(ContentStoreError)
        self._objects[key] = content
        self._world.point(ContentStoreError)
        return StoredContent(key, len(content), "etag")

    def get(self, content: StoredContent) -> bytes:
        self._world.point(ContentStoreError)
        if content.key not in self._objects:
            raise ContentMissingError(content.key)
        return self._objects[content.key]

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._world.point(ContentStoreError)
            self._objects.pop(key, None)


class RaceStore(MemoryEmailStore):
    """Fails, kills the worker, or lets others act, before and after each call."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def _racing(self, call: Callable[[], Any]) -> Any:
        self._world.point(StoreError)
        result = call()
        self._world.point(StoreError)
        return result

    @override
    def claim(self, *args: Any, **options: Any) -> Claim:
        claim: Claim = self._racing(lambda: super(RaceStore, self).claim(*args, **options))
        return claim

    @override
    def register(self, record: EmailRecord, addresses: Any) -> Claim:
        claim: Claim = self._racing(lambda: super(RaceStore, self).register(record, addresses))
        return claim

    @override
    def move(self, *args: Any, **options: Any) -> bool:
        return bool(self._racing(lambda: super(RaceStore, self).move(*args, **options)))

    @override
    def cancel(self, email_id: str, found: UnitState) -> bool:
        return bool(self._racing(lambda: super(RaceStore, self).cancel(email_id, found)))

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        return bool(self._racing(lambda: super(RaceStore, self).settle(claim, results)))

    @override
    def release(self, *args: Any, **options: Any) -> bool:
        return bool(self._racing(lambda: super(RaceStore, self).release(*args, **options)))


def _status(state: SendState, retry: RetryHint = RetryHint.NO) -> SendStatus:
    return SendStatus.from_recipients([RecipientStatus(ANNA, state, None, None, None, retry)])
