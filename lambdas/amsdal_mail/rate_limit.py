"""RateLimiter: keeps sending below a number of recipients per second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["RateLimiter"]


class RateLimiter:
    """Reserves times for sends. Thread-safe.

    `rate` is in recipients per second, because SES counts recipients and not messages
    (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html). Unused capacity expires.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def reserve(self, recipients: int) -> float:
        """Reserve the next time to send to `recipients`, and return the seconds until then."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + recipients / self._rate
        return start - now
