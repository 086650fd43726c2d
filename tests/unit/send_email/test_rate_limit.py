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


def pacer(time: VirtualTime, rate: float = 10, concurrency: int = 1) -> SendRateLimiter:
    return SendRateLimiter(rate / HEADROOM, concurrency, time.clock, time.sleep)


def test_the_first_is_not_kept_waiting() -> None:
    time = VirtualTime()

    assert pacer(time).wait(50)
    assert time.slept == [0]


def test_each_waits_for_the_recipients_before_it() -> None:
    time = VirtualTime()
    paced = pacer(time, rate=10)

    for recipients in (5, 1, 1):
        paced.wait(recipients)

    assert time.slept == pytest.approx([0, 0.5, 0.1])


def test_only_a_short_idle_time_is_made_up_for() -> None:
    time = VirtualTime()
    paced = pacer(time, rate=10)
    paced.wait(10)
    time.now += 60

    paced.wait(10)
    paced.wait(10)

    assert time.slept == pytest.approx([0, 0, 1 - BURST_SECONDS])


def test_the_rate_is_shared_by_all_environments() -> None:
    time = VirtualTime()
    paced = pacer(time, rate=10, concurrency=5)

    paced.wait(1)
    paced.wait(1)

    assert time.slept[1] == pytest.approx(0.5)


def test_who_would_wait_too_long_is_told_at_once_and_takes_no_turn() -> None:
    time = VirtualTime()
    paced = pacer(time, rate=1)
    paced.wait(int(PATIENCE) + 1)

    assert not paced.wait(1)
    assert not paced.wait(1)
    assert time.slept == [0]
    time.now += 2
    assert paced.wait(1)


def test_who_has_little_time_takes_a_turn_only_when_it_comes_in_time() -> None:
    time = VirtualTime()
    paced = pacer(time, rate=10)
    paced.wait(10)

    assert not paced.wait(1, at_most=0.9)
    assert not paced.wait(1, at_most=-5)
    assert paced.wait(1, at_most=1.1)


def test_threads_get_turns_of_their_own() -> None:
    slept: list[float] = []
    paced = SendRateLimiter(10 / HEADROOM, 1, lambda: 0.0, slept.append)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: paced.wait(1), range(8)))

    assert sorted(slept) == pytest.approx([number / 10 for number in range(8)])
