"""Timers: what wakes a scheduled email at its time. A timer holds no content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from amsdal_mail.stream import Stream

__all__ = ["LONGEST_DELAY", "OneTimeSchedule", "QueueDelay", "Timer", "Timers", "plan_timer"]

LONGEST_DELAY = 900
"""Seconds. SQS delays a message by 15 minutes at most.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
"""
LEAD_SECONDS = 60
"""EventBridge Scheduler invokes a target within the minute after the time of its schedule. So its
timers come a minute early, and wait for the rest on the queue, which counts in seconds.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""


@dataclass(frozen=True, slots=True)
class Timer:
    """Says: look at this email at this time.

    It decides nothing. When it comes, the record of the email says whether the email is due. So a
    timer that comes twice, too early, or after a move or a cancellation sends nothing.
    """

    email_id: str
    generation: int
    """Counts the times to send that the email has had. Each of them has a timer of its own."""
    at: datetime
    stream: Stream = Stream.TRANSACTIONAL
    """The stream of the email: the timer comes by its queue."""


@dataclass(frozen=True, slots=True)
class QueueDelay:
    """The timer waits on the send queue, for so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class OneTimeSchedule:
    """The timer waits as a schedule of EventBridge Scheduler, until this time."""

    at: datetime


def plan_timer(
    timer: Timer, now: datetime, longest_delay: int = LONGEST_DELAY
) -> QueueDelay | OneTimeSchedule:
    """Decide where a timer waits. The time of a schedule is never in the past."""
    seconds = ceil((timer.at - now).total_seconds())
    if seconds <= longest_delay:
        return QueueDelay(max(0, seconds))
    return OneTimeSchedule(timer.at - timedelta(seconds=min(LEAD_SECONDS, seconds // 2)))


class Timers(Protocol):
    """Keeps timers until their time, and then puts each on the queue of its stream."""

    def set(self, timer: Timer, now: datetime) -> None:
        """Set a timer. A repeated call is harmless.

        Raises:
            QueueError: the timer may be set or not. Set it again.
        """
        ...

    def set_near(self, timer: Timer, now: datetime) -> None:
        """Set a timer that comes at its time or earlier, without EventBridge Scheduler.

        Raises:
            QueueError: the timer may be set or not. Set it again.
        """
        ...

    def drop(self, timer: Timer) -> None:
        """Take back a timer that waits for long. One that cannot be taken back comes in vain."""
        ...
