from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from send_email.sending.rate_limit import BURST_SECONDS, HEADROOM, PATIENCE, SendRateLimiter


@dataclass
class VirtualTime:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def limiter_at(time: VirtualTime, rate: float = 10, concurrency: int = 1) -> SendRateLimiter:
    return SendRateLimiter(rate / HEADROOM, concurrency, time.clock, time.sleep)


def test_first_call_does_not_wait() -> None:
    time = VirtualTime()

    assert limiter_at(time).wait(50)
    assert time.slept == [0]


def test_call_waits_for_the_recipients_before_it() -> None:
    time = VirtualTime()
    limiter = limiter_at(time, rate=10)

    for recipients in (5, 1, 1):
        limiter.wait(recipients)

    assert time.slept == pytest.approx([0, 0.5, 0.1])


def test_only_a_short_burst_uses_idle_time() -> None:
    time = VirtualTime()
    limiter = limiter_at(time, rate=10)
    limiter.wait(10)
    time.now += 60

    limiter.wait(10)
    limiter.wait(10)

    assert time.slept == pytest.approx([0, 0, 1 - BURST_SECONDS])


def test_rate_is_shared_by_all_workers() -> None:
    time = VirtualTime()
    limiter = limiter_at(time, rate=10, concurrency=5)

    limiter.wait(1)
    limiter.wait(1)

    assert time.slept[1] == pytest.approx(0.5)


def test_too_long_a_wait_is_refused_and_reserves_nothing() -> None:
    time = VirtualTime()
    limiter = limiter_at(time, rate=1)
    limiter.wait(int(PATIENCE) + 1)

    assert not limiter.wait(1)
    assert not limiter.wait(1)
    assert time.slept == [0]
    time.now += 2
    assert limiter.wait(1)


def test_wait_is_refused_when_time_is_too_short() -> None:
    time = VirtualTime()
    limiter = limiter_at(time, rate=10)
    limiter.wait(10)

    assert not limiter.wait(1, at_most=0.9)
    assert not limiter.wait(1, at_most=-5)
    assert limiter.wait(1, at_most=1.1)


def test_threads_get_different_times() -> None:
    slept: list[float] = []
    limiter = SendRateLimiter(10 / HEADROOM, 1, lambda: 0.0, slept.append)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limiter.wait(1), range(8)))

    assert sorted(slept) == pytest.approx([number / 10 for number in range(8)])
