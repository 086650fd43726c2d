"""The charts: every bar inside of its axis, ticks that people read, words beside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.console.charts import (
    NARROW,
    WIDE,
    Series,
    bar_chart,
    line_chart,
    nice_ticks,
    number,
)
from amsdal_mail.console.metrics_pages import charts, totals
from tests.unit.amsdal_mail.console.samples import numbers

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=92)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0, 1]), (1, [0, 1]), (7, [0, 2, 4, 6, 8]), (100, [0, 25, 50, 75, 100]),
     (1391, [0, 500, 1000, 1500]), (3_000_000, [0, 1e6, 2e6, 3e6])],
)  # fmt: skip
def test_ticks_are_round(highest: float, ticks: list[float]) -> None:
    assert nice_ticks(highest) == (ticks[-1], ticks)


@given(COUNTS, st.sampled_from([WIDE, NARROW]))
def test_bars_stay_inside_of_the_chart(values: list[int], width: int) -> None:
    days = [f"2026-11-{1 + place % 28:02}" for place in range(len(values))]
    series = [Series("a", "good", values), Series("b", "bad", values[::-1])]
    chart = bar_chart("Mail", days, series, width)

    for bar in chart.bars:
        assert chart.left <= bar.x
        assert bar.x + bar.width <= chart.right + 0.2
        assert bar.y >= 0
        assert bar.y + bar.height <= chart.bottom + 0.2


@given(COUNTS)
def test_axis_has_room_for_the_highest_bar(values: list[int]) -> None:
    top, ticks = nice_ticks(max(values))

    assert top >= max(values)
    assert 2 <= len(ticks) <= 6


def test_bars_of_a_day_stand_on_one_another() -> None:
    chart = bar_chart("Mail", ["2026-11-24"], [Series("a", "good", [3]), Series("b", "bad", [1])])
    first, second = chart.bars

    assert first.y + first.height == pytest.approx(chart.bottom)
    assert second.y + second.height == pytest.approx(first.y)
    assert first.height == pytest.approx(3 * second.height, abs=0.3)
    assert first.title == "24 Nov: a 3, b 1"


def test_line_has_a_point_and_a_text_for_each_day() -> None:
    days = ["2026-11-23", "2026-11-24"]
    chart = line_chart("Opened", days, [Series("Opened", "good", [40.0, 42.5])], " %")

    assert len(chart.lines[0].points.split()) == 2
    assert [bar.title for bar in chart.bars] == ["23 Nov: Opened 40 %", "24 Nov: Opened 42.5 %"]
    assert chart.summary == "Opened. Opened: at most 42.5 % a day."


def test_empty_period_has_charts_without_bars() -> None:
    for chart in charts([]):
        assert not chart.bars
        assert len(chart.rows) >= 2


def test_shares_are_of_what_they_come_from() -> None:
    counts = dict.fromkeys(numbers(7)["totals"], 0) | {
        "accepted": 200, "delivered": 100, "opened": 50, "bounced": 20,
    }  # fmt: skip

    shares = {total.name: total.share for total in totals(counts)}

    assert (shares["Delivered"], shares["Opened"], shares["Bounced"]) == (
        "50.0 %",
        "50.0 %",
        "10.0 %",
    )
    assert shares["Accepted"] == ""


def test_numbers_are_as_people_read_them() -> None:
    assert [number(value) for value in (0, 1234, 12.5, 99.96)] == ["0", "1,234", "12.5", "100"]
