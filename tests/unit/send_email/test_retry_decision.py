"""decide_retry: how an attempt ends, from the results of SES alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from send_email.sending.backoff import (
    MAX_BACKOFF_EXPONENT,
    MAX_RETRIES,
    RATE_LIMITED,
    RetryDecision,
    decide_retry,
)
from send_email.sending.job import SendJob
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import NOW
from tests.unit.send_email.jobs import ANNA, BEN, merged

ACCEPTED = RecipientStatus(ANNA, SendState.ACCEPTED, "ses-1")
THROTTLED = RecipientStatus(BEN, SendState.FAILED, None, "Code", "text", RetryHint.SOON)
LOST = RecipientStatus(BEN, SendState.UNKNOWN)


def decide(*results: RecipientStatus, retry_count: int = 0, jitter: float = 0.0) -> RetryDecision:
    email = merged(ANNA, BEN)
    job = email.retry_with(email.message, retry_count)
    by_address = {status.address: status for status in results}
    return decide_retry(job, by_address, NOW, jitter, TIMEOUTS)


def retried(decision: RetryDecision) -> SendJob:
    assert decision.job is not None
    return decision.job


def test_nothing_is_retried_when_ses_accepts_all() -> None:
    decision = decide(ACCEPTED)

    assert decision == RetryDecision(results={ANNA: ACCEPTED})


def test_nothing_is_retried_without_a_call() -> None:
    decision = decide()

    assert decision == RetryDecision(results={})


def test_only_the_throttled_recipient_is_retried() -> None:
    decision = decide(ACCEPTED, THROTTLED)

    assert retried(decision).addresses == [BEN]
    assert retried(decision).retry_count == 1
    assert decision.delay_seconds == 2
    assert decision.held_until is None
    assert decision.results[BEN].state is SendState.QUEUED
    assert decision.results[ANNA] == ACCEPTED


def test_jitter_takes_away_up_to_half_of_the_delay() -> None:
    assert decide(THROTTLED, retry_count=5, jitter=1.0).delay_seconds == 32


def test_lost_response_holds_the_unit_as_long_as_the_delay() -> None:
    decision = decide(ACCEPTED, LOST, jitter=1.0)

    assert decision.delay_seconds == 900
    assert decision.held_until == NOW + timedelta(seconds=900)
    assert decision.results[BEN].state is SendState.UNKNOWN


def test_email_is_abandoned_after_the_last_retry() -> None:
    last = decide(THROTTLED, retry_count=MAX_RETRIES - 1)
    abandoned = decide(THROTTLED, retry_count=MAX_RETRIES)

    assert retried(last).retry_count == MAX_RETRIES
    assert abandoned == RetryDecision(results={BEN: THROTTLED}, is_abandoned=True)


@pytest.mark.parametrize(
    ("retry_count", "next_count"),
    [(0, 1), (MAX_BACKOFF_EXPONENT, MAX_BACKOFF_EXPONENT), (MAX_RETRIES, MAX_RETRIES)],
)
def test_rate_limit_counts_only_while_the_delay_grows(retry_count: int, next_count: int) -> None:
    limited = RecipientStatus(BEN, SendState.FAILED, None, RATE_LIMITED, "text", RetryHint.SOON)

    assert retried(decide(limited, retry_count=retry_count)).retry_count == next_count
