"""SendRateLimiter: keeps a worker within its share of the sending rate.

No coordinator divides the rate between the workers and the streams:

- Of what its stream may use, each worker uses 1 / `max_concurrency`.
- Bulk mail alone uses `bulk_share` of the rate, so that the first transactional email finds room.
- Bulk mail marks in the rate note that it flows. While the mark stands, transactional mail counts
  its recipients in the note, and leaves BULK_FLOOR of the rate.
- Bulk mail then takes what the count leaves of the rate, and BULK_FLOOR at least.

The note is read together with the suppression list. A stream that flows alone makes no call for
it, but for the mark of bulk mail every half minute. Bulk mail that waits for long reads the note
before it is too old to count: a message to many recipients waits for longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from amsdal_mail.stream import Stream
from email_store.rate_note import RateNote
from email_store.store import StoreError
from send_email.sending.ports import SendRate

if TYPE_CHECKING:
    from email_store.rate_note import RateNotes

__all__ = ["RateShares", "SendRateLimiter"]

HEADROOM = 0.95
"""The share of the rate that is used: SES throttles calls above the rate, and clocks differ.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""
BULK_FLOOR = 0.1
"""The share of the rate that bulk mail has even when transactional mail could use all of it."""
BURST_SECONDS = 0.25
"""Seconds of unused capacity that may be used later: about the gap between two batches."""
PATIENCE = 15.0
"""Seconds that a transactional email may wait: the HTTP API's response is due after 30 seconds.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""
READ_SECONDS = 0.5
"""A worker reads the note at most once in this time."""
WRITE_SECONDS = 1.0
"""A worker writes the note at most once in this time."""
GATHER_SECONDS = 0.05
"""A write waits so long for the other emails of a batch, which then share it."""
MARK_SECONDS = 60.0
"""How long the mark of bulk mail stands. It is renewed when half of the time is left."""
GENTLE_SECONDS = 2.0
"""How long bulk mail keeps to its floor at first: transactional mail has to see the mark."""
FLOWING_SECONDS = 5.0
"""How long transactional mail counts as flowing after it was last counted."""
CALL_SECONDS = 0.2
"""Seconds of the rate that one call may use up. Meanwhile SES throttles the calls of all others."""
SLICE = 0.1
"""Seconds after which a bulk email that waits looks again at what is left."""


@dataclass(frozen=True, slots=True)
class RateShares:
    """What one worker may use of the sending rate, in recipients a second."""

    workers: int
    """How many workers a stream has."""
    full: float
    """Of both streams together, and of transactional mail alone."""
    bulk_alone: float
    bulk_floor: float
    largest_call: int
    """Recipients."""

    @classmethod
    def of_worker(cls, max_send_rate: float, workers: int, bulk_share: float) -> RateShares:
        """Divide the rate among the workers of a stream."""
        rate = max_send_rate / workers
        largest_call = max(1, int(max_send_rate * CALL_SECONDS))
        return cls(workers, HEADROOM * rate, bulk_share * rate, BULK_FLOOR * rate, largest_call)

    @property
    def beside_bulk(self) -> float:
        """What transactional mail uses at most while bulk mail flows."""
        return self.full - self.bulk_floor


@dataclass(slots=True)
class Turns:
    """The turns of a stream to send. Times are in seconds of any clock. Not thread-safe."""

    rate: float
    """Recipients a second."""
    free_at: float
    burst_seconds: float = 0.0

    def seconds(self, now: float) -> float:
        """Return the seconds until the next turn."""
        return max(0.0, self.free_at - now)

    def take(self, now: float, recipients: float) -> None:
        """Take the next turn; or give recipients back, with a negative number."""
        self.free_at = max(self.free_at, now - self.burst_seconds) + recipients / self.rate

    def change_rate(self, now: float, rate: float) -> None:
        """Go on with another rate. It holds for the turns that are taken already, too."""
        self.free_at = now + (self.free_at - now) * self.rate / rate
        self.rate = rate


class SendRateLimiter(SendRate):
    """Waits until recipients may be sent to. Thread-safe. It serves the emails of one worker.

    A transactional email takes its turn, and waits for it PATIENCE seconds at most. A bulk email
    takes its turn only when it comes: turns move away when transactional mail flows.

    Args:
        shares: of this worker.
        notes: reads and writes the rate note.
        clock: seconds that never go back.
        epoch: seconds since 1970.
        start: runs a write beside the caller. A slow table must not delay an email.
    """

    def __init__(
        self,
        shares: RateShares,
        notes: RateNotes,
        *,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.largest_call = shares.largest_call
        self._shares, self._notes = shares, notes
        self._clock, self._epoch, self._sleep = clock, epoch, sleep
        self._start = start or _start_thread
        self._lock = threading.Lock()
        now = clock()
        self._transactional = Turns(shares.beside_bulk, now, BURST_SECONDS)
        self._bulk = Turns(shares.bulk_alone, now, BURST_SECONDS)
        self._floor = Turns(shares.bulk_floor, now)
        self._note = RateNote()
        self._asked_at = self._read_at = self._wrote_at = self._counted_at = float("-inf")
        self._uncounted = 0
        self._is_static = False

    @override
    def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
        if stream is Stream.BULK:
            return self._wait_for_what_is_left(recipients, at_most)
        with self._lock:
            now = self._clock()
            seconds = self._transactional.seconds(now)
            if seconds > min(at_most, PATIENCE):
                return False
            self._transactional.take(now, recipients)
            self._uncounted += recipients
        self._sleep(seconds)
        return True

    def _wait_for_what_is_left(self, recipients: int, at_most: float) -> bool:
        latest = self._clock() + at_most
        while True:
            with self._lock:
                now = self._clock()
                seconds = self._seconds_of_bulk(now)
                if seconds <= 0 <= at_most:
                    self._bulk.take(now, recipients)
                    self._floor.take(now, recipients)
                    return True
                must_read = at_most >= 0 and self._is_getting_old(now)
            if must_read:
                self._read_note()
                continue
            if now + seconds > latest:
                return False
            self._sleep(min(seconds, SLICE))

    def _seconds_of_bulk(self, now: float) -> float:
        floor = self._floor.seconds(now)
        is_known = self._is_static or (
            now - self._read_at <= self._longest
            and self._note.has_bulk(self._epoch() - GENTLE_SECONDS)
        )
        return min(floor, self._bulk.seconds(now)) if is_known else floor

    def _is_getting_old(self, now: float) -> bool:
        """Return whether a bulk email that waits should read the note now."""
        age = now - self._read_at
        is_due = age > self._longest / 2 and now - self._asked_at >= READ_SECONDS
        if is_due:
            self._asked_at = now
        return is_due

    def _read_note(self) -> None:
        with suppress(StoreError):  # the email is sent at the floor
            _, note = self._notes.suppressed_and_note(())
            self.learn(Stream.BULK, note)

    @override
    def give_back(self, stream: Stream, recipients: int) -> None:
        with self._lock:
            now = self._clock()
            if stream is Stream.BULK:
                self._bulk.take(now, -recipients)
                self._floor.take(now, -recipients)
            else:
                self._transactional.take(now, -recipients)
                self._uncounted = max(0, self._uncounted - recipients)

    @override
    def wants_note(self) -> bool:
        with self._lock:
            now = self._clock()
            is_due = now - self._asked_at >= READ_SECONDS
            if is_due:
                self._asked_at = now
            return is_due

    @override
    def learn(self, stream: Stream, note: RateNote) -> None:
        with self._lock:
            now, epoch = self._clock(), self._epoch()
            self._learn_count(now, note)
            self._note, self._read_at = note, now
            has_bulk = note.has_bulk(epoch)
            shares = self._shares
            self._transactional.change_rate(now, shares.beside_bulk if has_bulk else shares.full)
            write: Callable[[], None]
            is_due = now - self._wrote_at >= WRITE_SECONDS
            if stream is Stream.BULK and is_due and note.bulk_until < epoch + MARK_SECONDS / 2:
                since = note.bulk_since if has_bulk else epoch
                write = partial(self._mark, since, epoch + MARK_SECONDS)
            elif not has_bulk:
                self._uncounted = 0
                return
            elif is_due and self._uncounted:
                write = self._count
            else:
                return
            self._wrote_at = now
        self._start(write)

    def _learn_count(self, now: float, note: RateNote) -> None:
        """Take from bulk mail what transactional mail has sent since the last note."""
        new = note.transactional_count - self._note.transactional_count
        if new > 0 and now - self._read_at <= self._longest:
            self._counted_at = now
            self._bulk.take(now, new / self._shares.workers)
            self._bulk.free_at = min(self._bulk.free_at, now + self._longest)
        is_flowing = now - self._counted_at <= FLOWING_SECONDS
        self._bulk.change_rate(now, self._shares.full if is_flowing else self._shares.bulk_alone)

    @property
    def _longest(self) -> float:
        """Seconds for which a note counts, and for which its count may hold up bulk mail."""
        return 3.0 + 2.0 / self._shares.bulk_floor

    def _mark(self, since: float, until: float) -> None:
        try:
            self._notes.mark_bulk(since, until)
            self._is_static = False
        except StoreError:
            self._is_static = True

    def _count(self) -> None:
        self._sleep(GATHER_SECONDS)
        with self._lock:
            recipients, self._uncounted = self._uncounted, 0
        # On an error, SES throttles what is too much, and it is retried.
        with suppress(StoreError):
            self._notes.count_transactional(recipients)


def _start_thread(write: Callable[[], None]) -> None:
    threading.Thread(target=write, name="rate-note", daemon=True).start()
