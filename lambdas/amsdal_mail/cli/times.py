"""Points in time as people write and read them: `2026-11-24`, `yesterday`, `7d`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from amsdal_mail.cli.errors import UsageError

__all__ = ["TIME_HELP", "ahead", "read_day", "read_time", "show_time"]

AGO = re.compile(r"(\d{1,4})([smhdw])", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME_HELP = "2026-11-24 (a day in UTC), 2026-11-24T09:30:00+01:00, yesterday, or 7d, 12h, 30m ago"


def read_time(value: str, option: str, now: datetime) -> str:
    """Return a value for the API: a date, or a time with an offset (RFC 3339).

    Raises:
        UsageError: names the option and what it takes.
    """
    text = value.strip()
    today = now.astimezone(UTC).date()
    days = {"today": today, "yesterday": today - timedelta(days=1)}
    if text.lower() in days:
        return days[text.lower()].isoformat()
    if text.lower() == "now":
        return _rfc_3339(now)
    try:
        if match := AGO.fullmatch(text):
            return _rfc_3339(now - timedelta(**{UNITS[match[2]]: int(match[1])}))
        if DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        return _rfc_3339(_aware(text))
    except (ValueError, OverflowError):
        raise UsageError(f"{option} must be a time: {TIME_HELP}.") from None


def read_day(value: str, option: str, now: datetime) -> str:
    """Return a date for the API; of a time, its day in UTC.

    Raises:
        UsageError: names the option and what it takes.
    """
    return read_time(value, option, now)[:10]


def ahead(value: str, option: str, now: datetime) -> str:
    """Return a time to come, of a time with an offset or of a length of time such as `2h`.

    Raises:
        UsageError: names the option and what it takes.
    """
    text = value.strip().removeprefix("+")
    try:
        if match := AGO.fullmatch(text):
            return _rfc_3339(now + timedelta(**{UNITS[match[2]]: int(match[1])}))
        return _rfc_3339(_aware(text))
    except (ValueError, OverflowError):
        rule = "must be a time with an offset, as in 2026-12-24T09:30:00+01:00, or 30m, 2h, 3d"
        raise UsageError(f"{option} {rule}.") from None


def length(value: str, option: str) -> int:
    """Return a length of time in seconds, of text such as `90s` or `15m`.

    Raises:
        UsageError: names the option and what it takes.
    """
    match = AGO.fullmatch(value.strip())
    if match is None:
        raise UsageError(f"{option} must be a length of time: 90s, 15m, 2h or 3d.")
    return int(timedelta(**{UNITS[match[2]]: int(match[1])}).total_seconds())


def show_time(value: str | None) -> str:
    """Return a time of the API for people, in UTC to the second; as it is when it is no time."""
    if not value:
        return ""
    try:
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return value


def _aware(text: str) -> datetime:
    """Return the time.

    Raises:
        ValueError: it is none, or it has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def _rfc_3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
