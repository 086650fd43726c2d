"""When what SES could not take just then is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from amsdal_mail.status import RecipientStatus, Retry, SendState
from send_email.recipients import is_for_later

__all__ = ["MAX_REQUEUES", "delay_seconds", "held_until"]

LONGEST_DELAY = 900
"""Seconds, SQS's own limit."""
HOLD_SECONDS = LONGEST_DELAY - 30
"""How long nobody may send again where an answer was lost: until just before the queue delivers
what was put back on it, since a repeated request could come at any time."""
MAX_REQUEUES = 300
"""After some three days of the longest delay an email is given up."""


def delay_seconds(answers: Iterable[RecipientStatus], requeues: int, jitter: float) -> int:
    """Choose how long SQS hides what goes back on the queue.

    Doubles from 2 seconds on, up to 15 minutes; that long at once for a quota used up or a paused
    account. `jitter`, from 0 to 1, spreads what was refused together over half of that. Where an
    answer was lost, its Send event gets the whole 15 minutes to arrive.
    """
    later = [one for one in answers if is_for_later(one)]
    if _is_answer_lost(later):
        return LONGEST_DELAY
    is_soon = all(one.retry is Retry.SOON for one in later)
    longest = min(LONGEST_DELAY, 2 ** min(requeues + 1, 10)) if is_soon else LONGEST_DELAY
    return round(longest * (1 - jitter / 2))


def held_until(answers: Iterable[RecipientStatus], now: datetime) -> datetime | None:
    """Tell until when nobody may send what goes back on the queue; None when anybody may."""
    return now + timedelta(seconds=HOLD_SECONDS) if _is_answer_lost(answers) else None


def _is_answer_lost(answers: Iterable[RecipientStatus]) -> bool:
    return any(one.state is SendState.UNKNOWN for one in answers)
