"""SendRateLimiter: keeps one environment to its share of the account's send rate."""

from __future__ import annotations

import time
from collections.abc import Callable

from amsdal_mail.rate_limit import RateLimiter

__all__ = ["SendRateLimiter"]

HEADROOM = 0.95
"""The share of the rate that is used: SES drops what exceeds it, and clocks differ."""
BURST_SECONDS = 0.25
"""Seconds of idle time that are made up for: about what lies between two batches of records."""
PATIENCE = 15.0
"""Seconds a job may wait for its turn; the HTTP API gives up after 30."""


class SendRateLimiter:
    """Waits for moments to send at. Thread-safe; SES counts recipients, not messages."""

    def __init__(
        self,
        max_send_rate: float,
        max_concurrency: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace = RateLimiter(HEADROOM * max_send_rate / max_concurrency, clock, BURST_SECONDS)
        self._sleep = sleep

    def wait(self, recipients: int, at_most: float = PATIENCE) -> bool:
        """Wait until so many recipients may be sent to, but not longer than `at_most` seconds.

        False, without waiting, if the turn comes later than that.
        """
        seconds = self._pace.reserve(recipients, min(at_most, PATIENCE))
        if seconds is None:
            return False
        self._sleep(seconds)
        return True
