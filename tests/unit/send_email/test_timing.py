"""When an email is due, and when it is too late for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.moments import read_moment
from send_email.sending.timing import Timing

NOW = read_moment("2028-02-28T12:00:00.5Z")
YEAR = timedelta(days=365)


def timing_of(
    send_at: datetime | None, expires_at: datetime | None, expires_in: int | None
) -> Timing:
    request = EmailRequest(
        from_email="shop@example.com",
        to=["anna@example.com"],
        subject="Hi",
        body="Hello",
        send_at=send_at,
        expires_at=expires_at,
        expires_in=expires_in,
    )
    return Timing.of(request, NOW)


def test_parts_of_a_second_never_make_an_email_early_or_late() -> None:
    moment = read_moment("2028-02-29T12:00:00.25Z")

    timing = timing_of(moment, moment + timedelta(seconds=9), None)

    assert timing.send_at == read_moment("2028-02-29T12:00:01Z")
    assert timing.expires_at == read_moment("2028-02-29T12:00:09Z")


def test_past_is_now() -> None:
    timing = timing_of(NOW - timedelta(days=1000), None, None)

    assert not timing.is_later(NOW)


@pytest.mark.parametrize("seconds", [0, 1])
def test_email_is_due_from_its_second_on(seconds: int) -> None:
    send_at = read_moment("2028-02-28T12:00:10Z")
    timing = timing_of(send_at, None, None)

    assert timing.is_later(send_at - timedelta(milliseconds=1))
    assert not timing.is_later(send_at + timedelta(seconds=seconds))


def test_schedule_may_be_365_days_ahead() -> None:
    assert timing_of(NOW + YEAR, None, None).is_later(NOW)
    with pytest.raises(InvalidMessageError, match="365 days"):
        timing_of(NOW + YEAR + timedelta(seconds=1), None, None)


def test_validity_counts_from_the_time_to_send() -> None:
    at_once = timing_of(None, None, 600)
    late = timing_of(NOW + YEAR, None, 600)
    past = timing_of(NOW - YEAR, None, 600)

    assert at_once.expires_at == read_moment("2028-02-28T12:10:00Z")
    assert past.expires_at == at_once.expires_at
    assert late.expires_at == read_moment("2029-02-27T12:10:01Z")


def test_email_is_expired_from_its_expiry_on() -> None:
    timing = timing_of(None, NOW + timedelta(minutes=1), None)

    assert timing.expires_at is not None
    assert not timing.is_expired(timing.expires_at - timedelta(milliseconds=1))
    assert timing.is_expired(timing.expires_at)
    assert not Timing().is_expired(NOW + YEAR)


def test_move_is_in_whole_seconds() -> None:
    timing = timing_of(NOW + timedelta(hours=1), None, 600)

    moved = timing.time_of_move(NOW + timedelta(minutes=30), NOW, NOW)

    assert moved == read_moment("2028-02-28T12:30:01Z")


@pytest.mark.parametrize("hours", [2, 366 * 24])
def test_move_behind_the_expiry_or_too_far_is_refused(hours: int) -> None:
    timing = timing_of(NOW + timedelta(hours=1), None, 600)

    with pytest.raises(InvalidMessageError):
        timing.time_of_move(NOW + timedelta(hours=hours), NOW, NOW)


def test_move_counts_from_the_request_of_the_email() -> None:
    timing, now = timing_of(NOW + YEAR, None, None), NOW + timedelta(days=300)

    assert timing.time_of_move(NOW + YEAR, NOW, now) > now
    with pytest.raises(InvalidMessageError, match="365 days from the time of the request"):
        timing.time_of_move(NOW + YEAR + timedelta(seconds=1), NOW, now)


def test_moved_email_is_due_before_its_expiry_in_whole_seconds() -> None:
    expires_at = read_moment("2028-02-28T12:00:20Z")
    timing = timing_of(NOW + timedelta(seconds=5), expires_at, None)

    with pytest.raises(InvalidMessageError, match="earlier"):
        timing.time_of_move(expires_at - timedelta(milliseconds=500), NOW, NOW)


def test_email_is_due_before_its_expiry_in_whole_seconds() -> None:
    moment = read_moment("2028-02-28T12:00:10.2Z")

    with pytest.raises(InvalidMessageError, match="later than send_at"):
        timing_of(moment, moment + timedelta(milliseconds=700), None)
