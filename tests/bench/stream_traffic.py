"""The emails of a stage on their way from the queues to SES, in virtual time.

Workers run the real SendService with its real rate limiter, on the store in memory. Event sources
hand over batches as SQS and Lambda do. SES counts recipients as the local AWS does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from unittest.mock import Mock

from typing_extensions import override

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.claims import Claim, Results
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord
from infra.concurrency import queue_concurrency
from local.ses.account import SendRate
from send_email.sending.job import SendJob
from send_email.sending.rate_limit import RateShares, SendRateLimiter
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from tests.bench.virtual_time import VirtualTime

__all__ = ["Accepted", "Traffic"]

BATCH = 10
TABLE, CALL, HAND_OVER = (0.003, 0.012), (0.08, 0.2), (0.01, 0.05)
"""Seconds, from and to: a call of the table, a call of SES, the hand-over of a batch."""
TIMEOUT = 60
START = datetime(2026, 3, 2, tzinfo=UTC)
SAME = "0" * 64
THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True)
class Accepted:
    """An email that SES has accepted: times in seconds since the start."""

    stream: Stream
    queued_at: float
    at: float
    recipients: int

    @property
    def waited(self) -> float:
        """The seconds from the queue to SES's acceptance."""
        return self.at - self.queued_at


class Traffic:
    """A stage with both queues, its workers, its table and SES."""

    def __init__(self, rate: float, bulk_share: float = 0.85, seed: int = 0) -> None:
        self.rate, self.time, self.random = rate, VirtualTime(), Random(seed)
        self.store = Table(self)
        self.accepted: list[Accepted] = []
        self.throttled: list[float] = []
        self._shares = RateShares.of_worker(rate, queue_concurrency(rate), bulk_share)
        self._ses = SendRate()
        self._queues: dict[Stream, deque[SendJob]] = {stream: deque() for stream in Stream}
        self._arrivals = {stream: self.time.bell() for stream in Stream}
        self._queued_at: dict[str, float] = {}
        self._idle: list[SendService] = []
        for stream in Stream:
            for _ in range(self._shares.workers):
                self.time.start(partial(self._poll, stream))

    # Callers

    def request(self, stream: Stream, emails: int, recipients: int = 1) -> None:
        """Put emails on the queue of the stream now, each personalized for its recipients."""
        to = [f"{number}@example.com" for number in range(recipients)]
        message = EmailMessage(
            subject="Hi", body="Hello", from_email="shop@example.com", to=to, merge_data={}
        )
        first = len(self._queued_at)
        for number in range(first, first + emails):
            self._queued_at[str(number)] = self.time.now
            job = SendJob(email_id=str(number), message=message, fingerprint=SAME, stream=stream)
            self._queues[stream].append(job)
        self._arrivals[stream].ring()

    def request_at(self, times: Iterable[float], stream: Stream, emails: int = 1) -> None:
        """Put emails on the queue at each of the times, which are in order."""

        def request() -> None:
            for at in times:
                self.time.sleep(at - self.time.now)
                self.request(stream, emails)

        self.time.start(request)

    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        raise AssertionError("the emails of the traffic are small")

    def discard(self, job: SendJob) -> None:
        raise AssertionError("the emails of the traffic are small")

    def run(self, until: float) -> None:
        self.time.run_until(until)

    # The event sources and their workers

    def _poll(self, stream: Stream) -> None:
        queue = self._queues[stream]
        while True:
            if not queue:
                self._arrivals[stream].wait()
            self.pass_time(HAND_OVER)
            batch = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
            if batch:
                worker = self._idle.pop() if self._idle else self._worker()
                deadline = worker.deadline(TIMEOUT * 1000)
                self.time.run_all([partial(worker.send, job, deadline) for job in batch])
                self._idle.append(worker)

    def _worker(self) -> SendService:
        time = self.time
        limiter = SendRateLimiter(
            self._shares, self.store, clock=time.clock, epoch=time.clock, sleep=time.sleep,
            start=time.start,
        )  # fmt: skip
        return SendService(
            store=self.store,
            sender=self,
            queue=self,
            contents=Mock(),
            files=Mock(),
            schedules=Mock(),
            bus=Mock(),
            send_rate=limiter,
            identities={"example.com"},
            timeouts=Timeouts.from_settings(TIMEOUT, 900),
            clock=lambda: START + timedelta(seconds=time.now),
            jitter=self.random.random,
        )

    # The ports of the service

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        """Accept the message as SES does, or throttle it."""
        now, addresses = self.time.now, [address.addr_spec for address in message.recipients]
        if self._ses.consume(len(addresses), self.rate, START + timedelta(seconds=now)):
            self._accept(extra_tags["email_id"], len(addresses))
            statuses = [RecipientStatus(address, SendState.ACCEPTED, "1") for address in addresses]
        else:
            self.throttled.append(now)
            refused = SendState.FAILED, None, THROTTLED, "", RetryHint.SOON
            statuses = [RecipientStatus(address, *refused) for address in addresses]
        self.pass_time(CALL)
        return SendStatus.from_recipients(statuses)

    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        """Put jobs back on their queue."""

        def put() -> None:
            self.time.sleep(delay_seconds)
            for job in jobs:
                self._queues[job.stream].append(job)
                self._arrivals[job.stream].ring()

        self.time.start(put)

    def ensure_fits(self, jobs: Iterable[SendJob]) -> None:
        """Accept each job: they are small."""

    def stream_of(self, queue_name: str) -> Stream | None:
        return None

    def _accept(self, email_id: str, recipients: int) -> None:
        stream = self.store.streams[email_id]
        at = self.time.now
        self.accepted.append(Accepted(stream, self._queued_at[email_id], at, recipients))

    def pass_time(self, span: tuple[float, float]) -> None:
        self.time.sleep(self.random.uniform(*span))


class Table(MemoryEmailStore):
    """The store, with the time that calls of a table take. It keeps the writes of the rate note."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__()
        self._traffic = traffic
        self.streams: dict[str, Stream] = {}
        self.note_writes: list[tuple[float, str]] = []

    @override
    def claim(self, record: EmailRecord, *args: Any, **options: Any) -> Claim:
        self._traffic.pass_time(TABLE)
        self.streams[record.email_id] = record.stream
        return super().claim(record, *args, **options)

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        self._traffic.pass_time(TABLE)
        return super().settle(claim, results)

    @override
    def release(self, claim: Claim, results: Results, **options: Any) -> bool:
        self._traffic.pass_time(TABLE)
        return super().release(claim, results, **options)

    @override
    def suppressed(self, addresses: Collection[str]) -> set[str]:
        self._traffic.pass_time(TABLE)
        return super().suppressed(addresses)

    @override
    def count_transactional(self, recipients: int) -> None:
        self._write_note("count")
        super().count_transactional(recipients)

    @override
    def mark_bulk(self, since: float, until: float) -> None:
        self._write_note("mark")
        super().mark_bulk(since, until)

    def _write_note(self, kind: str) -> None:
        self._traffic.pass_time(TABLE)
        self.note_writes.append((self._traffic.time.now, kind))
