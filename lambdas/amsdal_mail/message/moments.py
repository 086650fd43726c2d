"""Points in time and lengths of time, as a request writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Annotated

from pydantic import Field

from amsdal_mail.message.inputs import Converted

__all__ = [
    "LONGEST_SECONDS",
    "TOO_FAR",
    "Moment",
    "Seconds",
    "first_second",
    "is_too_far",
    "last_second",
    "read_moment",
    "read_seconds",
]

LONGEST_SECONDS = 365 * 24 * 60 * 60
"""How far ahead an email can be scheduled, and how long it can stay valid."""

RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
"""A date, a time and an offset from UTC: https://datatracker.ietf.org/doc/html/rfc3339#section-5.6"""

MOMENT_RULE = (
    "must be a date and a time with an offset from UTC, such as 2026-12-01T09:30:00+01:00"
    " (RFC 3339), or an aware datetime"
)
TOO_FAR = f"must be at most {LONGEST_SECONDS // (24 * 60 * 60)} days from now"
SECONDS_RULE = f"must be an integer of seconds, from 1 to {LONGEST_SECONDS}"


def read_moment(value: object) -> datetime:
    """Return a point in time, in UTC.

    A time without an offset is refused: nobody can know which clock it was read from. A local time
    that a change to daylight saving time skips or repeats is what Python's `fold` says.

    Raises:
        ValueError: the value is neither RFC 3339 nor an aware datetime.
    """
    try:
        moment = value if isinstance(value, datetime) else _read_text(value)
        is_aware = moment.utcoffset() is not None
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        is_aware = False
    if not is_aware:
        raise ValueError(MOMENT_RULE)
    return utc


def read_seconds(value: object) -> int:
    """Return a length of time in seconds, of an integer or a timedelta in whole seconds.

    Raises:
        ValueError: it is something else, or not from 1 to LONGEST_SECONDS.
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(SECONDS_RULE)  # noqa: TRY004 - pydantic wants it
    if not 1 <= number <= LONGEST_SECONDS or number % 1:
        raise ValueError(SECONDS_RULE)
    return int(number)


def is_too_far(moment: datetime, now: datetime) -> bool:
    """Return whether a time to send is more than 365 days ahead."""
    return (moment - now).total_seconds() > LONGEST_SECONDS


def first_second(moment: datetime) -> int:
    """Return the first whole second from the moment on, as epoch seconds."""
    return ceil(moment.timestamp())


def last_second(moment: datetime) -> int:
    """Return the last whole second until the moment, as epoch seconds."""
    return floor(moment.timestamp())


def _read_text(value: object) -> datetime:
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(MOMENT_RULE)
    date, minutes, seconds, fraction, offset = match.groups(default="")
    # Python has no leap second: it is the first moment of the next minute.
    leap = timedelta(seconds=1 if seconds == "60" else 0)
    text = f"{date}T{minutes}{'59' if leap else seconds}{fraction}{offset.upper()}"
    return datetime.fromisoformat(text) + leap


Moment = Annotated[
    datetime,
    Converted(read_moment, Annotated[str, Field(json_schema_extra={"format": "date-time"})]),
]
Seconds = Annotated[int, Converted(read_seconds, Annotated[int, Field(ge=1, le=LONGEST_SECONDS)])]
