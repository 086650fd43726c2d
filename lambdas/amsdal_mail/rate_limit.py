"""RateLimiter: keeps sending below a number of recipients a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["RateLimiter"]


class RateLimiter:
    """Hands out turns. Thread-safe; SES counts recipients, not messages.

    Time in which nobody sends is lost, but for `burst_seconds` seconds of it.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, burst_seconds: float = 0.0
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._catch_up = burst_seconds
        self._lock = threading.Lock()
        self._free_at = clock()

    def reserve(self, recipients: int, at_most: float = float("inf")) -> float | None:
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
