"""Pace: at which moments to send, so that a number of recipients a second is not exceeded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Hands out turns. Thread-safe; SES counts recipients, not messages.

    Time in which nobody sends is lost, but for `catch_up` seconds of it.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, catch_up: float = 0.0
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._catch_up = catch_up
        self._lock = threading.Lock()
        self._free_at = clock()

    def turn(self, recipients: int, at_most: float = float("inf")) -> float | None:
        """Take the next turn to send to so many, and tell in how many seconds it comes.

        None, and no turn is taken, when it comes in more than `at_most` seconds.
        """
        with self._lock:
            now = self._clock()
            start = max(now - self._catch_up, self._free_at)
            if start - now > at_most:
                return None
            self._free_at = start + recipients / self._rate
        return max(0.0, start - now)
