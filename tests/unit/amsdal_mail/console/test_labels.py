"""The words of the pages for states, events, times and sizes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amsdal_mail.console.labels import BY_PROGRAM, state_label, summary_lines
from amsdal_mail.console.templating import elapsed, moment, size


def test_unknown_state_is_its_own_label() -> None:
    assert state_label("new one") == ("new one", "calm")


@pytest.mark.parametrize(("is_bot", "lines"), [(True, [BY_PROGRAM, "::1"]), (False, ["::1"])])
def test_an_open_by_a_program_is_marked(is_bot: bool, lines: list[str]) -> None:
    assert summary_lines({"is_bot": is_bot, "ip_address": "::1"}) == lines


def test_summary_lines_are_short() -> None:
    details = {
        "type": "Permanent", "subtype": "General", "diagnostic_code": "550", "status": "5.1.1",
        "link_tags": {"a": ["b", "c"]}, "ip_address": "::1", "user_agent": None,
    }  # fmt: skip

    assert summary_lines(details) == ["Permanent · General", "550", "a = b, c", "::1"]


def test_times_and_sizes_have_units() -> None:
    start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    later = [start.replace(second=1), start.replace(minute=5), start.replace(hour=12),
             start.replace(day=9)]  # fmt: skip

    assert [elapsed(at, start) for at in later] == ["+1.0 s", "+5 min", "+3 h", "+7 days"]
    assert elapsed(start, later[0]) == "+0.0 s"
    assert [size(count) for count in (999, 48_213, 2_500_000)] == ["999 B", "48 kB", "2.5 MB"]


def test_time_of_a_page_names_its_zone_for_the_script() -> None:
    element = moment(datetime.fromisoformat("2026-03-02T09:00:00+02:00"))

    assert 'datetime="2026-03-02T07:00:00+00:00"' in element
    assert "07:00:00 UTC" in element
