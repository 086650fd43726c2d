"""An exchange with SES whose every call waits for its turn."""

from __future__ import annotations

from typing import TypeVar

from amsdal_mail.backends.aws.flow import Answer, Call, Exchange, Pause
from amsdal_mail.rate_limit import RateLimiter

__all__ = ["paced"]

T = TypeVar("T")


def paced(exchange: Exchange[T], pace: RateLimiter) -> Exchange[T]:
    """Make the same exchange with a pause before each call, also before one that is repeated."""
    answer: Answer = None
    try:
        while True:
            effect = exchange.send(answer)
            if isinstance(effect, Call):
                yield Pause(pace.reserve(counted(effect)) or 0.0)
            answer = yield effect
    except StopIteration as done:
        result: T = done.value
        return result


def counted(call: Call) -> int:
    """Count the recipients of a call as SES's rate does."""
    entries = call.params.get("BulkEmailEntries") or [call.params]
    return sum(len(addresses) for one in entries for addresses in one["Destination"].values())
