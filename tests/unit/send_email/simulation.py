"""A simulation in virtual time of SES, queue, table and function, with random faults.

Faults happen until they are used up. Then everything works again, and the simulation ends. It
counts what SES accepted, which no other part of the system can know.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

from typing_extensions import override

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.claims import Claim, ClaimStatus, Results
from email_store.memory import MemoryEmailStore
from email_store.rate_note import RateNote
from email_store.records import RecipientRecord
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.sending.errors import QueueError
from send_email.sending.job import SendJob
from send_email.sending.service import SendService
from tests.unit.send_email.conftest import IDENTITIES, TIMEOUTS
from tests.unit.send_email.fakes import NOW

__all__ = ["FlakyStore", "Simulation"]

VISIBILITY = 360
MAX_RECEIVES = 3
CLIENT_PAUSE = 5
EVENT_SECONDS = 800
"""SES reports what it accepted within this time, which is shorter than `lost_response`."""
STEPS = 3_000


class Crash(BaseException):
    """The worker ends at once."""


@dataclass
class Record:
    """A message on the queue."""

    job: SendJob
    receives: int = 0


class Simulation:
    """Everything around one SendService. `rng` decides all of it, repeatably."""

    def __init__(self, rng: random.Random, faults: int = 25) -> None:
        self.rng = rng
        self.faults = faults
        self.now = NOW
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.wanted: set[tuple[str, str]] = set()
        self.dead_letters: list[Record] = []
        self.queued_before: list[SendJob] = []
        self.store: MemoryEmailStore = FlakyStore(self)
        self.timeouts = TIMEOUTS
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._planned = 0
        self._nested = 0

    def service(self) -> SendService:
        return SendService(
            store=self.store,
            sender=self,
            queue=self,
            contents=Mock(),
            files=Mock(),
            send_rate=self,
            identities=IDENTITIES,
            timeouts=self.timeouts,
            clock=lambda: self.now,
            jitter=self.rng.random,
            schedules=Mock(),
            bus=Mock(),
        )

    # Callers

    def request(self, job: SendJob) -> None:
        """Repeat an API request with the same key until it succeeds."""
        try:
            outcome = self.service().send(job)
        except (StoreError, QueueError, Crash):
            self._plan(CLIENT_PAUSE, lambda: self.request(job))
            return
        if outcome.claim is ClaimStatus.BUSY:
            self._plan(CLIENT_PAUSE, lambda: self.request(job))
            return
        self._want(job)

    def drop(self, job: SendJob) -> None:
        """Queue the job as a caller does."""
        self._want(job)
        self.queued_before.append(job)
        self._plan(0, lambda: self._receive(Record(job)))

    def run(self) -> None:
        """Run until nothing is planned. Dead letters are redriven when all else is done."""
        for _ in range(STEPS):
            if not self._agenda:
                if not self.dead_letters:
                    return
                letters, self.dead_letters = self.dead_letters, []
                for letter in letters:
                    self._plan(0, lambda letter=letter: self._receive(Record(letter.job)))  # type: ignore[misc]
            at, _, visit = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            visit()
        raise AssertionError("the simulation does not come to rest")

    @property
    def lost(self) -> set[tuple[str, str]]:
        return {recipient for recipient in self.wanted if not self.accepted[recipient]}

    @property
    def sent_twice(self) -> set[tuple[str, str]]:
        return {recipient for recipient, count in self.accepted.items() if count > 1}

    # SES

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        self._pass(self.rng.uniform(0, 3))
        self._meanwhile()
        email_id = extra_tags["email_id"]
        match self._fault(
            "crash", "throttle", "pause", "drop request", "drop response", "crash after"
        ):
            case "crash":
                raise Crash
            case "throttle":
                return self._refused(message, RetryHint.SOON)
            case "pause":
                return self._refused(message, RetryHint.LATER)
            case "drop request":
                return _unknown(message)
            case "drop response":
                self._accept(email_id, message)
                return _unknown(message)
            case "crash after":
                self._accept(email_id, message)
                raise Crash
        return self._accept(email_id, message)

    def _accept(self, email_id: str, message: EmailMessage) -> SendStatus:
        addresses = [address.addr_spec for address in message.recipients]
        for address in addresses:
            self.accepted[email_id, address] += 1
            for _ in range(self.rng.choice((1, 1, 2))):
                after = self.rng.uniform(0, EVENT_SECONDS)
                self._plan(after, lambda to=address: self._show_event(email_id, to))  # type: ignore[misc]
        return SendStatus.from_recipients(
            RecipientStatus(to, SendState.ACCEPTED, "ses-1") for to in addresses
        )

    def _refused(self, message: EmailMessage, retry: RetryHint) -> SendStatus:
        failed = (
            RecipientStatus(address.addr_spec, SendState.FAILED, None, "Code", "text", retry)
            for address in message.recipients
        )
        return SendStatus.from_recipients(failed)

    def _show_event(self, email_id: str, address: str) -> None:
        MemoryEmailStore.advance_recipient(
            self.store,
            RecipientRecord(
                email_id=email_id,
                address=address,
                state=EmailState.ACCEPTED,
                at=self.now,
                message_id="ses-1",
            ),
            now=self.now,
        )

    # The queue and the send rate

    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        raise AssertionError("the jobs of a simulation are small")

    def discard(self, job: SendJob) -> None:
        """Delete nothing: the jobs of a simulation are small."""

    def put(self, jobs: Iterable[SendJob], delay_seconds: int = 0) -> None:
        self.fail(QueueError)
        for job in jobs:
            self.queued_before.append(job)
            record = Record(job)
            self._plan(delay_seconds, lambda record=record: self._receive(record))  # type: ignore[misc]
        self.fail(QueueError)

    def stream_of(self, queue_name: str) -> Stream | None:
        return None

    largest_call = 50

    def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
        return self._fault("no capacity") is None

    def give_back(self, stream: Stream, recipients: int) -> None:
        """Nothing is counted."""

    def wants_note(self) -> bool:
        return False

    def learn(self, stream: Stream, note: RateNote) -> None:
        """There is one stream."""

    def _receive(self, record: Record) -> None:
        """Handle the record as the function does. A failed record is delivered again."""
        record.receives += 1
        try:
            self._handle(record.job)
        except (StoreError, QueueError, Crash):
            if record.receives < MAX_RECEIVES:
                self._plan(VISIBILITY, lambda: self._receive(record))
            else:
                self.dead_letters.append(record)

    def _handle(self, job: SendJob) -> None:
        service = self.service()
        outcome = service.send(job)
        if outcome.claim is ClaimStatus.BUSY:
            service.postpone(job, outcome)

    # Faults

    def fail(self, *kinds: type[BaseException]) -> None:
        if fault := self._fault(*kinds, Crash):
            raise fault

    def _fault(self, *kinds: Any) -> Any:
        if self.faults == 0 or self.rng.random() > 0.3:
            return None
        self.faults -= 1
        return self.rng.choice(kinds)

    def _meanwhile(self) -> None:
        """Let another worker get a copy of a record while this worker is busy."""
        if self._nested < 2 and self.queued_before and self._fault("twice"):
            self._nested += 1
            self._receive(Record(self.rng.choice(self.queued_before)))
            self._nested -= 1

    def _pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _plan(self, seconds: float, visit: Callable[[], None]) -> None:
        self._planned += 1
        at = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._agenda, (at, self._planned, visit))

    def _want(self, job: SendJob) -> None:
        self.wanted |= {(job.email_id, address) for address in job.addresses}


def _unknown(message: EmailMessage) -> SendStatus:
    return SendStatus.from_recipients(
        RecipientStatus(address.addr_spec, SendState.UNKNOWN) for address in message.recipients
    )


class FlakyStore(MemoryEmailStore):
    """Fails, or crashes the worker, before or after a write."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    @override
    def claim(self, *args: Any, **options: Any) -> Claim:
        self._simulation.fail(StoreError)
        claim = super().claim(*args, **options)
        self._simulation.fail(StoreError)
        return claim

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        self._simulation.fail(StoreError)
        is_ours = super().settle(claim, results)
        self._simulation.fail(StoreError)
        return is_ours

    @override
    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        self._simulation.fail(StoreError)
        is_ours = super().release(claim, results, held_until=held_until)
        self._simulation.fail(StoreError)
        return is_ours
