"""Charts as plain SVG: places every bar, line and label; a template draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "NARROW", "WIDE", "Bar", "Chart", "Label", "Series", "bar_chart", "line_chart", "nice_ticks",
    "number",
]  # fmt: skip

WIDE, NARROW, HEIGHT = 760, 340, 230
"""The widths for a desk and for a phone: the text of a chart that is scaled cannot be read."""
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 26
LABEL_WIDTH = 88
"""The room of a day's label under the chart."""
TICKS = 4
GAP = 0.28
"""The part of a day's width between two bars."""
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """A row of numbers, one a day. The tone colours it."""

    name: str
    tone: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, or the place of a pointer, with the text that a pointer shows."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place on the axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the points of a series, as the `points` of SVG."""

    tone: str
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its places. `summary` says in words what it shows."""

    title: str
    summary: str
    series: tuple[Series, ...]
    days: tuple[str, ...]
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    unit: str = ""
    width: int = WIDE
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM

    @property
    def right(self) -> int:
        """The end of the axis."""
        return self.width - RIGHT


def bar_chart(
    title: str, days: Sequence[str], series: Sequence[Series], width: int = WIDE
) -> Chart:
    """Return a chart of stacked bars, one a day."""
    totals = [sum(values) for values in zip(*(row.values for row in series), strict=True)]
    top, ticks = nice_ticks(max(totals, default=0))
    step = _step(days, width)
    bars = []
    for place, day in enumerate(days):
        floor = float(HEIGHT - BOTTOM)
        title_text = _title(day, series, place, "")
        for row in series:
            tall = _tall(row.values[place], top)
            if tall > 0:
                floor -= tall
                x = LEFT + step * (place + GAP / 2)
                wide = _r(step * (1 - GAP))
                bars.append(Bar(_r(x), _r(floor), wide, _r(tall), row.tone, title_text))
    return _chart(title, days, series, bars, [], _rows(ticks, top, ""), "", width)


def line_chart(
    title: str, days: Sequence[str], series: Sequence[Series], unit: str, width: int = WIDE
) -> Chart:
    """Return a chart of lines, with a column for the pointer on each day."""
    top, ticks = nice_ticks(max((max(row.values, default=0) for row in series), default=0))
    step, floor = _step(days, width), HEIGHT - BOTTOM
    lines = [
        Line(
            row.tone,
            " ".join(
                f"{_r(LEFT + step * (place + 0.5))},{_r(floor - _tall(value, top))}"
                for place, value in enumerate(row.values)
            ),
        )
        for row in series
    ]
    columns = [
        Bar(_r(LEFT + step * place), TOP, _r(step), floor - TOP, "pointer",
            _title(day, series, place, unit))
        for place, day in enumerate(days)
    ]  # fmt: skip
    return _chart(title, days, series, columns, lines, _rows(ticks, top, unit), unit, width)


def nice_ticks(highest: float) -> tuple[float, list[float]]:
    """Return the top of an axis that has room for the number, and the ticks from 0 to it."""
    if highest <= 0:
        return 1.0, [0.0, 1.0]
    power = 1.0
    while power * 10 * TICKS <= highest:
        power *= 10
    while power * TICKS > highest * 10:
        power /= 10
    step = next(
        (power * step for step in STEPS if power * step * TICKS >= highest), power * STEPS[-1]
    )
    count = int(-(-highest // step))
    return step * count, [step * place for place in range(count + 1)]


def number(value: float) -> str:
    """Return a number as people read it: 1,234 or 12.5."""
    rounded = round(value, 1)
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"


def _chart(
    title: str, days: Sequence[str], series: Sequence[Series], bars: Sequence[Bar],
    lines: Sequence[Line], rows: Sequence[Label], unit: str, width: int,
) -> Chart:  # fmt: skip
    summary = "; ".join(
        f"{row.name}: at most {number(max(row.values, default=0))}{unit} a day" for row in series
    )
    labels = (width - LEFT - RIGHT) // LABEL_WIDTH
    every = max(1, -(-len(days) // labels))
    columns = [
        Label(_r(LEFT + _step(days, width) * (place + 0.5)), _short(day))
        for place, day in enumerate(days)
        if place % every == 0
    ]
    return Chart(
        title, f"{title}. {summary}.", tuple(series), tuple(days), tuple(bars), tuple(lines),
        tuple(rows), tuple(columns), unit, width,
    )  # fmt: skip


MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _short(day: str) -> str:
    """Return `24 Nov` of `2026-11-24`."""
    return f"{int(day[8:10])} {MONTHS[int(day[5:7])]}"


def _title(day: str, series: Sequence[Series], place: int, unit: str) -> str:
    texts = (f"{row.name} {number(row.values[place])}{unit}" for row in series)
    return f"{_short(day)}: {', '.join(texts)}"


def _rows(ticks: Sequence[float], top: float, unit: str) -> list[Label]:
    floor = HEIGHT - BOTTOM
    return [Label(_r(floor - _tall(tick, top)), f"{number(tick)}{unit}") for tick in ticks]


def _step(days: Sequence[str], width: int) -> float:
    return (width - LEFT - RIGHT) / max(1, len(days))


def _tall(value: float, top: float) -> float:
    return (HEIGHT - TOP - BOTTOM) * value / top


def _r(value: float) -> float:
    return round(value, 1)
