"""The times that a request may have, and those that it may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.message.moments import LONGEST_SECONDS, read_moment, read_seconds

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01T09:30:00Z", "2026-12-01T09:30:00+00:00"),
        ("2026-12-01t09:30:00z", "2026-12-01T09:30:00+00:00"),
        ("2026-12-01T09:30:00+01:00", "2026-12-01T08:30:00+00:00"),
        ("2026-12-01T00:30:00+05:45", "2026-11-30T18:45:00+00:00"),
        ("2026-12-31T20:00:00-12:00", "2027-01-01T08:00:00+00:00"),
        ("2026-12-01T09:30:00-00:00", "2026-12-01T09:30:00+00:00"),
        ("2026-12-01T09:30:00.25Z", "2026-12-01T09:30:00.250000+00:00"),
        ("2026-12-01T09:30:00.123456789Z", "2026-12-01T09:30:00.123456+00:00"),
        ("2028-02-29T12:00:00Z", "2028-02-29T12:00:00+00:00"),
        ("2028-02-29T23:30:00-01:00", "2028-03-01T00:30:00+00:00"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00+00:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59+00:00"),
    ],
    ids=[
        "utc", "small letters", "offset", "offset of 45 minutes", "next year", "unknown offset",
        "fraction", "nanoseconds", "leap day", "leap day elsewhere", "leap second", "before 1970",
    ],
)  # fmt: skip
def test_rfc_3339_is_read_in_utc(text: str, utc: str) -> None:
    assert read_moment(text).isoformat() == utc


@pytest.mark.parametrize(
    "value",
    [
        "2026-12-01T09:30:00", "2026-12-01T09:30:00 Europe/Berlin", "2026-12-01",
        "2027-02-29T12:00:00Z", "2026-13-01T00:00:00Z", "2026-12-01T24:00:00Z",
        "2026-12-01T09:60:00Z", "2026-12-01T09:30:61Z", "2026-12-01T09:30Z",
        "2026-12-01T09:30:00+24:00", "2026-12-01T09:30:00+0100", "2026-12-01 09:30:00Z",
        "20261201T093000Z", "2026-W49-2T09:30:00Z", "tomorrow", "now", "", " ",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "٢٠٢٦-12-01T09:30:00Z",
        "2026-12-01T09:30:00Z\n", 1_796_117_400, 1.5, True, [], {}, b"2026-12-01T09:30:00Z",
        datetime(2026, 12, 1, 9, 30),  # noqa: DTZ001 - a naive time is the case
    ],
    ids=repr,
)  # fmt: skip
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be a date and a time with an offset from UTC"):
        read_moment(value)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2026, 3, 29, 1, 59, tzinfo=BERLIN), "2026-03-29T00:59:00+00:00"),
        (datetime(2026, 3, 29, 3, 0, tzinfo=BERLIN), "2026-03-29T01:00:00+00:00"),
        (datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN), "2026-03-29T01:30:00+00:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN), "2026-10-25T00:30:00+00:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), "2026-10-25T01:30:00+00:00"),
    ],
    ids=["before the change", "after the change", "skipped", "first of two", "second of two"],
)
def test_daylight_saving_time_is_converted(local: datetime, utc: str) -> None:
    assert read_moment(local).isoformat() == utc


OFFSETS = st.integers(-1439, 1439)
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moment=MOMENTS, minutes=OFFSETS)
def test_offset_of_a_text_does_not_change_the_moment(moment: datetime, minutes: int) -> None:
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None)
    text = f"{local.isoformat()}{sign}{size // 60:02}:{size % 60:02}"

    assert read_moment(text) == moment


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert read_moment(text).utcoffset() == timedelta(0)
    except ValueError as error:
        assert "RFC 3339" in str(error)  # noqa: PT017 - most texts raise


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1, 1),
        (600, 600),
        (600.0, 600),
        (LONGEST_SECONDS, LONGEST_SECONDS),
        (timedelta(minutes=10), 600),
    ],
    ids=["shortest", "integer", "float", "longest", "timedelta"],
)
def test_seconds_are_read(value: object, seconds: int) -> None:
    assert read_seconds(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 0.5, LONGEST_SECONDS + 1, True, "600", None, float("nan"), float("inf"), [],
        timedelta(milliseconds=1500),
    ],
    ids=repr,
)  # fmt: skip
def test_other_lengths_of_time_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be an integer of seconds"):
        read_seconds(value)
