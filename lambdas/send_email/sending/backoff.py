"""Retry decisions and retry delays, for recipients that SES throttled or could not accept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from amsdal_mail.status import RetryHint, SendState
from send_email.sending.recipients import (
    expire_retried,
    failed_results,
    restrict_where,
    should_retry,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from amsdal_mail.message.email import EmailMessage
    from amsdal_mail.status import RecipientStatus
    from email_store.claims import Results
    from send_email.sending.job import SendJob
    from send_email.sending.timeouts import Timeouts

__all__ = [
    "MAX_RETRIES",
    "RATE_LIMITED",
    "RetryDecision",
    "decide_retry",
    "lease_delay",
    "rate_limited_results",
]

MAX_DELAY = 900
"""Seconds. SQS delays a message by 15 minutes at most.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
"""
MAX_RETRIES = 300
"""Some three days at the longest delay. After that, an email is abandoned."""
MAX_BACKOFF_EXPONENT = 9
"""The delay stops doubling after this many retries."""
RATE_LIMITED = "RateLimited"
"""The error code of recipients that wait for this service's own rate limiter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDecision:
    """How an attempt to send ends."""

    results: Results
    """The results of the attempt, as they are stored: a retried recipient is `queued`."""
    job: SendJob | None = None
    """The job to queue: the same email for the recipients to retry. None without a retry."""
    delay_seconds: int = 0
    """How long SQS hides the job."""
    held_until: datetime | None = None
    """Until when no request may claim the unit, after a lost response: a repeated request could
    come at any time, and would send at once."""
    is_abandoned: bool = False
    """True when recipients fail because MAX_RETRIES is reached."""


def decide_retry(
    job: SendJob,
    results: Results,
    now: datetime,
    jitter: float,
    timeouts: Timeouts,
    *,
    is_misconfigured: bool = False,
) -> RetryDecision:
    """Decide which recipients are retried, and when. None is retried after the email expires.

    Args:
        job: the recipients of the attempt.
        results: the results of the attempt.
        now: an aware datetime.
        jitter: from 0 to 1, a different number for each attempt.
        timeouts: a Send event of SES gets `lost_response` seconds to arrive.
        is_misconfigured: the email waits for the operator. Such a retry is not counted: the email
            is not abandoned for it, however long the operator takes.
    """
    message = restrict_where(job.message, results, should_retry)
    if message is None:
        return RetryDecision(results=results)
    retried = [status for status in results.values() if should_retry(status)]
    retry_count = job.retry_count
    if not is_misconfigured:
        retry_count = _count_retry(retried, retry_count)
    if retry_count > MAX_RETRIES:
        return RetryDecision(results=results, is_abandoned=True)
    if any(status.state is SendState.UNKNOWN for status in retried):
        delay = timeouts.lost_response
        held_until = now + timedelta(seconds=delay)
    else:
        delay = _backoff(retried, job.retry_count, jitter)
        held_until = None
    if job.timing.is_expired(now + timedelta(seconds=delay)):
        results = expire_retried(job.message, results)
        message = restrict_where(job.message, results, should_retry)
        if message is None:
            return RetryDecision(results=results)
    return RetryDecision(
        results=_as_queued(results),
        job=job.retry_with(message, retry_count),
        delay_seconds=delay,
        held_until=held_until,
    )


def rate_limited_results(message: EmailMessage) -> Results:
    """Return the results of a message for which there is no turn in this invocation."""
    text = "there is no time left to send it in this invocation"
    return failed_results(message, RATE_LIMITED, text, RetryHint.SOON)


def lease_delay(lease_expires_at: int, now: datetime) -> int:
    """Return the seconds until another worker's lease ends, from 1 to MAX_DELAY."""
    return min(MAX_DELAY, max(1, ceil(lease_expires_at - now.timestamp())))


def _as_queued(results: Results) -> Results:
    """Return the results, with the state `queued` for each failed recipient that is retried."""
    return {
        address: replace(status, state=SendState.QUEUED)
        if status.state is SendState.FAILED and should_retry(status)
        else status
        for address, status in results.items()
    }


def _backoff(retried: Collection[RecipientStatus], retry_count: int, jitter: float) -> int:
    """Return the delay: from 2 seconds, doubled by each retry, up to MAX_DELAY.

    It is MAX_DELAY at once when a quota is used up or the account is paused. Jitter takes away up
    to half of the delay, so that emails that were throttled together are not retried together.
    """
    is_soon = all(status.retry is RetryHint.SOON for status in retried)
    exponent = min(retry_count, MAX_BACKOFF_EXPONENT) + 1
    longest = min(MAX_DELAY, 2**exponent) if is_soon else MAX_DELAY
    return round(longest * (1 - jitter / 2))


def _count_retry(retried: Collection[RecipientStatus], retry_count: int) -> int:
    """Count one more retry. A wait for the rate limiter counts only while the delay grows.

    SES refused nothing then: no email is abandoned because the queue is long.
    """
    is_rate_limited = all(status.error_code == RATE_LIMITED for status in retried)
    if is_rate_limited:
        return max(retry_count, min(retry_count + 1, MAX_BACKOFF_EXPONENT))
    return retry_count + 1
