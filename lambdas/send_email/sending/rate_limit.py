"""SendRateLimiter: keeps one worker within its share of the account's sending rate."""

from __future__ import annotations

import time
from collections.abc import Callable

from typing_extensions import override

from amsdal_mail.rate_limit import RateLimiter
from send_email.sending.ports import SendRate

__all__ = ["SendRateLimiter"]

HEADROOM = 0.95
"""The share of the rate that is used: SES throttles calls above the rate, and clocks differ.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""
BURST_SECONDS = 0.25
"""Seconds of unused capacity that may be used later: about the gap between two batches."""
PATIENCE = 15.0
"""Seconds that a job may wait: the HTTP API's response must come within 30 seconds.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""


class SendRateLimiter(SendRate):
    """Waits until recipients may be sent to, but at most PATIENCE seconds. Thread-safe."""

    def __init__(
        self,
        max_send_rate: float,
        max_concurrency: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        rate = HEADROOM * max_send_rate / max_concurrency
        self._limiter = RateLimiter(rate, clock, BURST_SECONDS)
        self._sleep = sleep

    @override
    def wait(self, recipients: int, at_most: float = PATIENCE) -> bool:
        seconds = self._limiter.reserve(recipients, min(at_most, PATIENCE))
        if seconds is None:
            return False
        self._sleep(seconds)
        return True
