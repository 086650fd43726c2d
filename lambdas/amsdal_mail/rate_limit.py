"""RateLimiter: keeps sending below a number of recipients per second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["RateLimiter"]


class RateLimiter:
    """Reserves times for sends. Thread-safe.

    `rate` is in recipients per second, because SES counts recipients and not messages
    (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html). Unused capacity expires,
    except for `burst_seconds` of it.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, burst_seconds: float = 0.0
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._burst_seconds = burst_seconds
        self._lock = threading.Lock()
        self._free_at = clock()

    def reserve(self, recipients: int, at_most: float = float("inf")) -> float | None:
        """Reserve the next time to send to `recipients`, and return the seconds until then.

        Return None and reserve nothing if that is more than `at_most` seconds away.
        """
        with self._lock:
            now = self._clock()
            start = max(now - self._burst_seconds, self._free_at)
            if start - now > at_most:
                return None
            self._free_at = start + recipients / self._rate
        return max(0.0, start - now)
