"""Two streams that share the sending rate, in virtual time.

The workers have the real SendRateLimiter and read the real note of a store in memory. Event
sources hand over batches as SQS and Lambda do; SES is the local AWS's bucket of recipients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from amsdal_mail.stream import Stream
from email_store.rate_note import RateNote
from infra.concurrency import queue_concurrency
from local.ses.account import SendRate
from send_email.sending.rate_limit import RateShares, SendRateLimiter
from tests.bench.virtual_time import VirtualTime

__all__ = ["Email", "Traffic", "rows"]

BATCH = 10
STORE, CALL, POLL = (0.005, 0.02), (0.08, 0.2), (0.01, 0.05)
"""Seconds, from and to: a call of the table, a call of SES, the hand-over of a batch."""
BACKOFF = (1.0, 2.0)
SPARE = 30.0
"""Seconds of an invocation in which a call of SES may begin."""
EPOCH = datetime(2026, 3, 2, tzinfo=UTC)
TRANSACTIONAL, BULK = Stream.TRANSACTIONAL, Stream.BULK


@dataclass
class Email:
    stream: Stream
    queued_at: float
    recipients: int = 1
    accepted_at: float = 0.0


@dataclass
class Notes:
    """The table with the note."""

    note: RateNote = field(default_factory=RateNote)
    calls: list[tuple[float, str]] = field(default_factory=list)
    time: VirtualTime = field(default_factory=VirtualTime)

    def count_transactional(self, recipients: int) -> None:
        self.calls.append((self.time.now, "count"))
        self.note = RateNote(
            self.note.transactional_count + recipients, self.note.bulk_since, self.note.bulk_until
        )

    def mark_bulk(self, since: float, until: float) -> None:
        self.calls.append((self.time.now, "mark"))
        self.note = RateNote(self.note.transactional_count, since, until)


class Traffic:
    """The emails of a stage, from their queues to SES."""

    def __init__(self, rate: float, bulk_share: float = 0.85, seed: int = 0) -> None:
        self.rate, self.time, self.random = rate, VirtualTime(), Random(seed)
        self.notes = Notes(time=self.time)
        self.accepted: list[Email] = []
        self.throttled: list[float] = []
        self._shares = RateShares.of_worker(rate, queue_concurrency(rate), bulk_share)
        self._ses = SendRate()
        self._queues: dict[Stream, deque[Email]] = {stream: deque() for stream in Stream}
        self._idle: list[SendRateLimiter] = []
        self._arrival = {stream: self.time.bell() for stream in Stream}
        for stream in Stream:
            for _ in range(self._shares.workers):
                self.time.start(partial(self._poll, stream))

    def put(self, stream: Stream, emails: int, recipients: int = 1) -> None:
        """Put emails on the queue of the stream now."""
        now = self.time.now
        self._queues[stream].extend(Email(stream, now, recipients) for _ in range(emails))
        self._arrival[stream].ring()

    def put_at(
        self, times: Iterable[float], stream: Stream = TRANSACTIONAL, emails: int = 1
    ) -> None:
        """Put emails on the queue at each of the times, which are in order."""

        def put() -> None:
            for at in times:
                self.time.sleep(at - self.time.now)
                self.put(stream, emails)

        self.time.start(put)

    def run(self, seconds: float) -> None:
        self.time.run_until(seconds)

    def _poll(self, stream: Stream) -> None:
        queue = self._queues[stream]
        while True:
            if not queue:
                self._arrival[stream].wait()
            self._pass(POLL)
            if not queue:
                continue
            batch = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
            limiter = self._idle.pop() if self._idle else self._limiter()
            self.time.run_all([partial(self._send, limiter, email) for email in batch])
            self._idle.append(limiter)

    def _limiter(self) -> SendRateLimiter:
        time = self.time
        return SendRateLimiter(
            self._shares,
            self.notes,
            clock=time.clock,
            epoch=time.clock,
            sleep=time.sleep,
            start=time.start,
        )

    def _send(self, limiter: SendRateLimiter, email: Email) -> None:
        self._pass(STORE)
        if limiter.wait(email.stream, email.recipients, SPARE):
            note = self.notes.note if limiter.wants_note() else None
            self._pass(STORE)
            if note is not None:
                limiter.learn(email.stream, note)
            self._call(email)
        else:
            self._put_back(email)

    def _call(self, email: Email) -> None:
        now = self.time.now
        if self._ses.consume(email.recipients, self.rate, EPOCH + timedelta(seconds=now)):
            email.accepted_at = now
            self.accepted.append(email)
        else:
            self.throttled.append(now)
            self._put_back(email)
        self._pass(CALL)
        self._pass(STORE)

    def _put_back(self, email: Email) -> None:
        def put() -> None:
            self._pass(BACKOFF)
            self._queues[email.stream].append(email)
            self._arrival[email.stream].ring()

        self.time.start(put)

    def _pass(self, span: tuple[float, float]) -> None:
        self.time.sleep(self.random.uniform(*span))
