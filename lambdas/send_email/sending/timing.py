"""Timing: when an email is due, and when it is too late for it. Pure functions of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, Self

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.moments import TOO_FAR, first_second, is_too_far, last_second

__all__ = ["AT_ONCE", "Timing", "check_send_at"]

TOO_FAR_FROM_REQUEST = TOO_FAR.replace("from now", "from the time of the request for the email")
AFTER_EXPIRY = "must be earlier than the time at which the email expires"


class Times(Protocol):
    """The times that a request names."""

    @property
    def send_at(self) -> datetime | None: ...

    @property
    def expires_at(self) -> datetime | None: ...

    @property
    def expires_in(self) -> int | None: ...


class Timing(NamedTuple):
    """The time to send an email, and the time from which it is not sent any more, in UTC.

    Both are whole seconds, because queue, scheduler and table count in seconds: an email is never
    early, and never sent after its expiry.
    """

    send_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, times: Times, accepted_at: datetime) -> Self:
        """Return the timing of a request. `expires_in` counts from `send_at`, if there is one.

        Raises:
            InvalidMessageError: `send_at` is too far from `accepted_at`.
        """
        send_at, expires_at = times.send_at, times.expires_at
        if send_at is not None:
            check_send_at(send_at, accepted_at)
            send_at = _at(first_second(send_at))
        if times.expires_in is not None:
            begin = accepted_at if send_at is None else max(send_at, accepted_at)
            expires_at = begin + timedelta(seconds=times.expires_in)
        return cls(send_at, _at(last_second(expires_at)) if expires_at else None)

    def is_later(self, now: datetime) -> bool:
        """Return whether the email is not due yet. A time in the past is now."""
        return self.send_at is not None and self.send_at > now

    def is_expired(self, now: datetime) -> bool:
        """Return whether it is too late for the email."""
        return self.expires_at is not None and self.expires_at <= now

    def time_of_move(self, send_at: datetime, accepted_at: datetime, now: datetime) -> datetime:
        """Return another time to send, in whole seconds. The expiry stays.

        Raises:
            InvalidMessageError: it is too far from `accepted_at`, or not before the expiry. The
                bucket keeps the content of an email for a time that counts from its acceptance.
        """
        if is_too_far(send_at, accepted_at):
            raise InvalidMessageError.for_field("send_at", TOO_FAR_FROM_REQUEST)
        moved = _at(first_second(send_at))
        if self.expires_at is not None and max(moved, now) >= self.expires_at:
            raise InvalidMessageError.for_field("send_at", AFTER_EXPIRY)
        return moved


AT_ONCE = Timing()
"""The timing of an email that is sent at once, and never too late."""


def check_send_at(send_at: datetime, now: datetime) -> None:
    """Check that a time to send is near enough. It may be in the past.

    Raises:
        InvalidMessageError: it is more than 365 days from now.
    """
    if is_too_far(send_at, now):
        raise InvalidMessageError.for_field("send_at", TOO_FAR)


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
