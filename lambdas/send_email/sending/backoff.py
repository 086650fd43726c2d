"""When what SES could not take just then is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from send_email.sending.recipients import is_for_later

__all__ = [
    "MAX_RETRIES",
    "RATE_LIMITED",
    "delay_seconds",
    "delay_until",
    "held_until",
    "next_requeues",
]

MAX_DELAY = 900
"""Seconds, SQS's own limit."""
MAX_RETRIES = 300
"""After some three days of the longest delay an email is given up."""
MAX_BACKOFF_EXPONENT = 9
"""Requeues from which the delay grows no more."""
RATE_LIMITED = "Paced"
"""The error code of who was not sent to because of our own pacing."""


def delay_seconds(
    answers: Iterable[RecipientStatus], retry_count: int, jitter: float, lost_response: int
) -> int:
    """Choose how long SQS hides what goes back on the queue.

    Doubles from 2 seconds on, up to 15 minutes; that long at once for a quota used up or a paused
    account. `jitter`, from 0 to 1, spreads what was refused together over half of that. Where an
    answer was lost, its Send event gets `lost_response` seconds to arrive.
    """
    later = [one for one in answers if is_for_later(one)]
    if _is_answer_lost(later):
        return lost_response
    is_soon = all(one.retry is RetryHint.SOON for one in later)
    longest = min(MAX_DELAY, 2 ** min(retry_count + 1, 10)) if is_soon else MAX_DELAY
    return round(longest * (1 - jitter / 2))


def next_requeues(answers: Iterable[RecipientStatus], retry_count: int) -> int:
    """Count one more requeue. Waiting for a turn counts only as long as the delay grows.

    It is no refusal of SES's: nobody is given up for a long queue.
    """
    is_paced = all(one.error_code == RATE_LIMITED for one in answers if is_for_later(one))
    return (
        max(retry_count, min(retry_count + 1, MAX_BACKOFF_EXPONENT))
        if is_paced
        else retry_count + 1
    )


def delay_until(lease_expires_at: int, now: datetime) -> int:
    """Choose how long SQS hides an email that somebody else may be sending until `lease_expires_at`."""
    return min(MAX_DELAY, max(1, ceil(lease_expires_at - now.timestamp())))


def held_until(
    answers: Iterable[RecipientStatus], now: datetime, lost_response: int
) -> datetime | None:
    """Return until when the part stays locked after a lost answer; else None.

    A repeated request, which could come at any time, would send it at once.
    """
    return now + timedelta(seconds=lost_response) if _is_answer_lost(answers) else None


def _is_answer_lost(answers: Iterable[RecipientStatus]) -> bool:
    return any(one.state is SendState.UNKNOWN for one in answers)
