"""The send rate of several environments without a coordinator, in virtual time.

Each environment works as the function does: ten records at once, of which each claims, waits for
the real SendRateLimiter, calls SES and settles. The next batch comes when all are done. SES is a
bucket of one second's recipients, and throttles when it is empty.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import cast

from amsdal_mail.stream import Stream
from email_store.rate_note import RateNote, RateNotes
from infra.concurrency import queue_concurrency
from send_email.sending.rate_limit import RateShares, SendRateLimiter
from tests.bench.rows import Row

__all__ = ["Run", "rows", "run"]

RATES = (14, 100, 500)
SECONDS = 120
FIRST_SECOND = 1.0
NO_NOTES = cast("RateNotes", None)
"""Transactional mail alone writes no note."""
BATCH = 10
SPARE = 30.0
STORE, CALL, POLL = (0.005, 0.02), (0.08, 0.2), (0.01, 0.05)
"""Seconds, from and to: claiming or settling, a SendEmail call, the next batch's arrival."""


@dataclass
class Bucket:
    """The count of SES. A call that it throttles takes nothing out."""

    rate: float
    tokens: float = 0
    at: float = 0
    taken: int = 0
    throttled: int = 0

    def __post_init__(self) -> None:
        self.tokens = self.rate

    def take(self, now: float, recipients: int) -> None:
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < recipients:
            self.throttled += now > FIRST_SECOND
            return
        self.tokens -= recipients
        self.taken += recipients


@dataclass
class Environment:
    """An execution environment with a SendRateLimiter, in virtual time."""

    rate: float
    concurrency: int
    random: Random
    now: float = 0
    slept: float = field(default=0, init=False)

    def __post_init__(self) -> None:
        shares = RateShares.of_worker(self.rate, self.concurrency, bulk_share=0.85)
        self.limiter = SendRateLimiter(
            shares, NO_NOTES, clock=lambda: self.now, epoch=lambda: self.now, sleep=self._sleep
        )
        self.limiter.learn(Stream.TRANSACTIONAL, RateNote())

    def _sleep(self, seconds: float) -> None:
        self.slept = seconds

    def batch(self, recipients: int) -> Iterator[float]:
        """Yield the times of the batch's calls, and move `now` on to the next batch."""
        begun = self.now
        ends = [begun]
        for claimed in sorted(begun + self._some(STORE) for _ in range(BATCH)):
            self.now = claimed
            if self.limiter.wait(Stream.TRANSACTIONAL, recipients, SPARE):
                called = claimed + self.slept
                ends.append(called + self._some(CALL) + self._some(STORE))
                yield called
        self.now = max(ends) + self._some(POLL)

    def _some(self, span: tuple[float, float]) -> float:
        return self.random.uniform(*span)


@dataclass(frozen=True)
class Run:
    used: float
    """The share of the allowed rate, up to 1."""
    throttled: int
    environments: int


def run(rate: float, recipients: int = 1, seed: int = 0) -> Run:
    """Run as many environments as the stack has on a queue that never runs dry."""
    random = Random(seed)
    concurrency = queue_concurrency(rate)
    calls: list[float] = []
    for _ in range(concurrency):
        environment = Environment(rate, concurrency, Random(random.random()), random.random())
        while environment.now < SECONDS:
            calls += environment.batch(recipients)
    heapq.heapify(calls)
    bucket = Bucket(rate)
    while calls and calls[0] < SECONDS:
        bucket.take(heapq.heappop(calls), recipients)
    return Run(bucket.taken / rate / SECONDS, bucket.throttled, concurrency)


def rows() -> list[Row]:
    return [_row(rate, recipients) for rate in RATES for recipients in (1, 5)]


def _row(rate: float, recipients: int) -> Row:
    result = run(rate, recipients)
    return Row(
        f"send rate at {rate} recipients/s, {recipients} a message ({SECONDS} virtual s)",
        f"{result.used:.1%} used by {result.environments} environments,"
        f" {result.throttled} throttled",
        ">= 90 %, 0 after 1 s",
        result.used >= 0.9 and result.throttled == 0,
    )
