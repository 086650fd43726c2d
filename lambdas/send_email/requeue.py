"""When what SES could not take just then is tried again."""

from __future__ import annotations

from collections.abc import Iterable

from amsdal_mail.status import RecipientStatus, Retry, SendState
from send_email.recipients import is_for_later

__all__ = ["MAX_REQUEUES", "delay_seconds"]

LONGEST_DELAY = 900
"""Seconds, SQS's own limit."""
MAX_REQUEUES = 300
"""After some three days of the longest delay an email is given up."""


def delay_seconds(answers: Iterable[RecipientStatus], requeues: int, jitter: float) -> int:
    """Choose how long SQS hides what goes back on the queue.

    Doubles from 2 seconds on, up to 15 minutes; that long at once for a quota used up, a paused
    account, and for answers that were lost, whose Send event needs time to arrive. `jitter`, from
    0 to 1, spreads what was refused together over half of that.
    """
    later = (one for one in answers if is_for_later(one))
    soon = all(one.retry is Retry.SOON and one.state is not SendState.UNKNOWN for one in later)
    longest = min(LONGEST_DELAY, 2 ** min(requeues + 1, 10)) if soon else LONGEST_DELAY
    return round(longest * (1 - jitter / 2))
