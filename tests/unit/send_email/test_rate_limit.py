"""The sending rate that a worker keeps to: by itself, and beside the other stream."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from amsdal_mail.stream import Stream
from email_store.rate_note import RateNote
from email_store.store import StoreError
from send_email.sending.rate_limit import (
    BULK_FLOOR,
    BURST_SECONDS,
    FLOWING_SECONDS,
    GATHER_SECONDS,
    HEADROOM,
    MARK_SECONDS,
    PATIENCE,
    RateShares,
    SendRateLimiter,
)

TRANSACTIONAL, BULK = Stream.TRANSACTIONAL, Stream.BULK
START = 100.0
LONG_AGO = RateNote(bulk_since=1, bulk_until=2)


@dataclass
class Worker:
    """A worker with a limiter, in virtual time. Writes of the note are kept."""

    shares: RateShares
    now: float = START
    slept: list[float] = field(default_factory=list)
    written: list[tuple[str, float]] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    """When it read the note while it waited."""
    is_down: bool = False
    note: RateNote | None = None

    def __post_init__(self) -> None:
        self.limiter = SendRateLimiter(
            self.shares, self, clock=self.clock, epoch=self.clock, sleep=self.sleep, start=self.run
        )

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(self, write: Callable[[], None]) -> None:
        now = self.now
        write()
        self.now = now  # the write runs beside the emails

    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        self.reads.append(self.now)
        if self.is_down:
            raise StoreError
        return set(), self.note or RateNote()

    def count_transactional(self, recipients: int) -> None:
        self._write("count", recipients)

    def mark_bulk(self, since: float, until: float) -> None:
        self._write("mark", until - since)

    def _write(self, kind: str, value: float) -> None:
        self.written.append((kind, value))
        if self.is_down:
            raise StoreError

    # What a test does with it

    def seconds(self, stream: Stream, emails: int, recipients: int = 1) -> float:
        """Return the time that so many emails take. Each of them reads the note again."""
        begun = self.now
        for _ in range(emails):
            assert self.limiter.wait(stream, recipients, 1000)
            if self.note:
                self.limiter.learn(stream, self.note)
        return self.now - begun

    def learn(self, stream: Stream, count: int = 0, since: float = START - 50) -> None:
        """Read a note of bulk mail that flows."""
        self.note = RateNote(count, since, self.now + MARK_SECONDS)
        self.limiter.learn(stream, self.note)


def worker(rate: float = 10, workers: int = 1, bulk_share: float = 0.8) -> Worker:
    """Return a worker that is used for `rate` by transactional mail alone."""
    made = Worker(RateShares.of_worker(rate / HEADROOM, workers, bulk_share))
    made.limiter.learn(TRANSACTIONAL, LONG_AGO)
    return made


def test_first_email_does_not_wait() -> None:
    of = worker()

    assert of.seconds(TRANSACTIONAL, 1, recipients=50) == 0


def test_email_waits_for_the_recipients_before_it() -> None:
    of = worker(rate=10)

    for recipients in (5, 1, 1):
        of.limiter.wait(TRANSACTIONAL, recipients, 1000)

    assert of.slept == pytest.approx([0, 0.5, 0.1])


def test_only_a_short_burst_uses_idle_time() -> None:
    of = worker(rate=10)
    of.limiter.wait(TRANSACTIONAL, 10, 1000)
    of.now += 60

    of.limiter.wait(TRANSACTIONAL, 10, 1000)
    of.limiter.wait(TRANSACTIONAL, 10, 1000)

    assert of.slept == pytest.approx([0, 0, 1 - BURST_SECONDS])


@pytest.mark.parametrize("stream", Stream)
def test_rate_is_shared_by_all_workers(stream: Stream) -> None:
    alone, of_five = worker(10), worker(10, workers=5)
    for each in (alone, of_five):
        each.learn(BULK)

    seconds = alone.seconds(stream, 11)

    assert of_five.seconds(stream, 11) == pytest.approx(5 * seconds, rel=0.01)


def test_too_long_a_wait_is_refused_and_reserves_nothing() -> None:
    of = worker(rate=1)
    of.limiter.wait(TRANSACTIONAL, int(PATIENCE) + 1, 1000)

    assert not of.limiter.wait(TRANSACTIONAL, 1, 1000)
    assert not of.limiter.wait(TRANSACTIONAL, 1, 1000)
    assert of.slept == [0]
    of.now += 2
    assert of.limiter.wait(TRANSACTIONAL, 1, 1000)


@pytest.mark.parametrize("stream", Stream)
def test_wait_is_refused_when_time_is_too_short(stream: Stream) -> None:
    of = worker(rate=10)
    of.learn(BULK)
    of.limiter.wait(stream, 10, 10)

    assert not of.limiter.wait(stream, 1, at_most=0.7)
    assert not of.limiter.wait(stream, 1, at_most=-5)
    assert of.limiter.wait(stream, 1, at_most=1.3)


def test_threads_get_different_times() -> None:
    slept: list[float] = []
    of = Worker(RateShares.of_worker(10 / HEADROOM, 1, 0.8))
    limiter = SendRateLimiter(of.shares, of, clock=lambda: 0.0, sleep=slept.append)
    limiter.learn(TRANSACTIONAL, LONG_AGO)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limiter.wait(TRANSACTIONAL, 1, 1000), range(8)))

    assert sorted(slept) == pytest.approx([number / 10 for number in range(8)])


@pytest.mark.parametrize("stream", Stream)
def test_turn_that_is_given_back_is_free_again(stream: Stream) -> None:
    of = worker(rate=10)
    of.learn(BULK)
    of.limiter.wait(stream, 20, 1000)

    of.limiter.give_back(stream, 20)

    assert of.seconds(stream, 1) == 0


# Bulk mail, and its mark


def test_bulk_mail_alone_leaves_a_part_of_the_rate() -> None:
    of = worker(rate=HEADROOM * 10, bulk_share=0.8)
    of.learn(BULK)

    assert of.seconds(BULK, 81) == pytest.approx(10, rel=0.01)


def test_bulk_mail_keeps_to_its_floor_before_it_knows_the_note() -> None:
    of = Worker(RateShares.of_worker(10, 1, 0.8))

    assert of.seconds(BULK, 11) == pytest.approx(10, rel=0.01)


def test_bulk_mail_keeps_to_its_floor_while_its_mark_is_new() -> None:
    of = worker(rate=HEADROOM * 10)
    of.learn(BULK, since=of.now)

    assert of.seconds(BULK, 3) == pytest.approx(2, rel=0.01)
    assert of.seconds(BULK, 9) == pytest.approx(1, rel=0.3)


def test_bulk_mail_marks_that_it_flows() -> None:
    of = worker()

    of.limiter.learn(BULK, LONG_AGO)

    assert of.written == [("mark", MARK_SECONDS)]


def test_mark_is_renewed_once_half_of_its_time_is_left() -> None:
    of = worker()
    since = of.now - 100
    for seconds_left in (MARK_SECONDS / 2 + 1, MARK_SECONDS / 2 - 1):
        of.now += 5
        of.limiter.learn(BULK, RateNote(0, since, of.now + seconds_left))

    ((kind, seconds),) = of.written
    assert kind == "mark"
    assert seconds == pytest.approx(of.now - since + MARK_SECONDS)


def test_bulk_mail_that_cannot_mark_keeps_to_its_static_share() -> None:
    of = worker(rate=HEADROOM * 10, bulk_share=0.8)
    of.is_down = True

    of.limiter.learn(BULK, LONG_AGO)

    assert of.seconds(BULK, 81) == pytest.approx(10, rel=0.01)


# Transactional mail beside bulk mail


def test_transactional_mail_alone_writes_nothing() -> None:
    of = worker()
    of.limiter.wait(TRANSACTIONAL, 5, 10)
    of.now += 10

    of.limiter.learn(TRANSACTIONAL, LONG_AGO)

    assert of.written == []


def test_transactional_mail_is_counted_while_bulk_mail_flows() -> None:
    of = worker()
    of.learn(TRANSACTIONAL)
    for recipients in (1, 4):
        of.limiter.wait(TRANSACTIONAL, recipients, 10)

    of.learn(TRANSACTIONAL)

    assert of.written == [("count", 5)]
    assert GATHER_SECONDS in of.slept


def test_worker_writes_once_a_second_and_loses_no_recipient() -> None:
    of = worker(rate=1000)
    for _ in range(30):
        of.now += 0.1
        of.limiter.wait(TRANSACTIONAL, 1, 10)
        of.learn(TRANSACTIONAL)

    counts = [value for _, value in of.written]

    assert len(counts) == 3
    assert sum(counts) in range(20, 31)


def test_recipients_that_get_nothing_are_not_counted() -> None:
    of = worker()
    of.limiter.wait(TRANSACTIONAL, 5, 10)

    of.limiter.give_back(TRANSACTIONAL, 3)
    of.learn(TRANSACTIONAL)

    assert of.written == [("count", 2)]


def test_transactional_mail_goes_on_when_the_note_is_not_writable() -> None:
    of = worker()
    of.is_down = True
    of.limiter.wait(TRANSACTIONAL, 1, 10)

    of.learn(TRANSACTIONAL)

    assert of.limiter.wait(TRANSACTIONAL, 1, 10)


def test_transactional_mail_leaves_the_floor_to_bulk_mail() -> None:
    of = worker(rate=HEADROOM * 10)
    of.learn(TRANSACTIONAL)

    assert of.seconds(TRANSACTIONAL, 86) == pytest.approx(10, rel=0.02)


def test_bulk_messages_to_many_leave_the_floor() -> None:
    of = worker(rate=10, bulk_share=0.8)
    of.learn(BULK)

    seconds = of.seconds(BULK, 5, recipients=50)

    assert seconds == pytest.approx(4 * 50 / (0.8 * 10 / HEADROOM), rel=0.05)
    assert len(of.reads) < seconds


def test_bulk_mail_that_waits_reads_an_old_note_only() -> None:
    of = worker(rate=10)
    of.learn(BULK)

    of.seconds(BULK, 20)

    assert of.reads == []


def test_bulk_mail_that_waits_goes_on_without_the_note() -> None:
    of = worker(rate=10)
    of.is_down = True

    assert of.seconds(BULK, 2, recipients=5) == pytest.approx(5 / (BULK_FLOOR * 10 / HEADROOM))


def test_bulk_mail_makes_way_for_what_was_counted() -> None:
    of = worker(rate=HEADROOM * 10)
    of.learn(BULK, count=0)
    of.seconds(BULK, 1)

    of.learn(BULK, count=20)

    assert of.seconds(BULK, 2) == pytest.approx(2, rel=0.05)
    assert of.seconds(BULK, 10) == pytest.approx((20 + 12) / 9.5 - 2, rel=0.05)


def test_bulk_mail_has_its_floor_beside_any_number() -> None:
    of = worker(rate=HEADROOM * 10)
    sent, count = 0, 0
    while of.now < START + 100:
        count += 50
        of.learn(BULK, count)
        of.seconds(BULK, 1)
        sent += 1

    assert sent == pytest.approx(100, rel=0.05)


def test_both_streams_together_use_the_whole_rate() -> None:
    of = worker(rate=HEADROOM * 10)
    bulk = count = 0
    while of.now < START + 100:
        count = int(of.now - START) * 2
        of.learn(BULK, count)
        of.seconds(BULK, 1)
        bulk += 1

    assert bulk + count == pytest.approx(HEADROOM * 10 * 100, rel=0.02)


def test_bulk_mail_leaves_room_again_after_the_last_count() -> None:
    of = worker(rate=HEADROOM * 10, bulk_share=0.5)
    of.learn(BULK, count=1)
    of.learn(BULK, count=2)

    of.now += FLOWING_SECONDS + 1
    of.learn(BULK, count=2)

    assert of.seconds(BULK, 51) == pytest.approx(10, rel=0.05)


def test_count_of_an_idle_time_does_not_hold_up_bulk_mail() -> None:
    of = worker(rate=HEADROOM * 10)
    of.learn(BULK, count=1)

    of.now += 3600
    of.learn(BULK, count=36_000)

    assert of.seconds(BULK, 8) < 1.5


def test_note_is_read_twice_a_second_at_most() -> None:
    of = worker()
    asked = []
    for _ in range(20):
        asked.append(of.limiter.wants_note())
        of.now += 0.1

    assert sum(asked) == 4
