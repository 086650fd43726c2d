"""Virtual time for code that sleeps in threads: the next thread runs when the others sleep."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

__all__ = ["Bell", "VirtualTime"]


class VirtualTime:
    """A clock that jumps to the next thread that wakes up. One thread runs at a time.

    So the order of the threads depends on the times alone, and each run is the same.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._sleeping: list[tuple[float, int, threading.Semaphore]] = []
        self._numbers = count()
        self._all_sleep = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def clock(self) -> float:
        """Return the seconds since the start."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the others run meanwhile."""
        wake = self._sleep_until(self.now + max(0.0, seconds))
        self._park(wake)

    def bell(self) -> Bell:
        """Return a bell for the threads of this time."""
        return Bell(self)

    def start(self, work: Callable[[], object]) -> None:
        """Run the work in a thread of its own, when this thread sleeps."""
        wake = self._sleep_until(self.now)
        threading.Thread(target=self._run, args=(work, wake), daemon=True).start()

    def run_all(self, works: Sequence[Callable[[], object]]) -> None:
        """Run the works beside each other, and sleep until all of them are done."""
        left, done = [len(works)], self.bell()

        def run(work: Callable[[], object]) -> None:
            work()
            left[0] -= 1
            if not left[0]:
                done.ring()

        for work in works:
            self.start(partial(run, work))
        done.wait()

    def run_until(self, end: float) -> None:
        """Let all threads run until the time `end`. Threads that sleep longer are left alone."""
        while self._sleeping and self._sleeping[0][0] < end:
            self.now, _, wake = heapq.heappop(self._sleeping)
            wake.release()
            self._all_sleep.acquire()
            if self._errors:
                raise self._errors[0]

    def _park(self, wake: threading.Semaphore) -> None:
        self._all_sleep.release()
        wake.acquire()

    def _sleep_until(self, at: float) -> threading.Semaphore:
        wake = threading.Semaphore(0)
        self._wake(at, wake)
        return wake

    def _wake(self, at: float, wake: threading.Semaphore) -> None:
        heapq.heappush(self._sleeping, (at, next(self._numbers), wake))

    def _run(self, work: Callable[[], object], wake: threading.Semaphore) -> None:
        wake.acquire()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the run raises it
            self._errors.append(error)
        self._all_sleep.release()


class Bell:
    """Threads wait for it, as long as it takes."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._waiting: list[threading.Semaphore] = []

    def wait(self) -> None:
        """Sleep until the bell rings."""
        wake = threading.Semaphore(0)
        self._waiting.append(wake)
        self._time._park(wake)

    def ring(self) -> None:
        """Wake all threads that wait, now."""
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            self._time._wake(self._time.now, wake)
