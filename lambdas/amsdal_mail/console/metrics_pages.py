"""The page of metrics: totals, charts by day, and tables by stream, tag, template and domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from amsdal_mail.console import responses
from amsdal_mail.console.charts import NARROW, WIDE, Chart, Series, bar_chart, line_chart, number
from amsdal_mail.console.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import Json

__all__ = ["charts", "index", "totals"]

PERIODS = (7, 30, 90)
DEFAULT_PERIOD = 30
FILTERS = ("stream", "tag", "template")
COUNTS = (
    "accepted", "delivered", "opened", "clicked", "bounced", "soft_bounced", "complained",
    "rejected",
)  # fmt: skip
OF_DELIVERED = frozenset({"opened", "clicked", "complained"})
"""The counts that are a share of what was delivered. The others are one of what was accepted."""
TONES = {
    "delivered": "good", "opened": "good", "clicked": "good", "bounced": "bad",
    "soft_bounced": "warn", "complained": "bad", "rejected": "bad",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Total:
    """A number of the period. `share` is its part of what it comes from, such as 98.5 %."""

    name: str
    text: str
    share: str
    tone: str


async def index(console: Console, request: Request) -> Response:
    """Show the metrics of a period."""
    asked = request.query_params
    filters = {name: asked[name][:200] for name in FILTERS if asked.get(name)}
    days = next((days for days in PERIODS if asked.get("days") == str(days)), DEFAULT_PERIOD)
    found, problem = None, None
    try:
        found = await console.source.metrics({**_period(days), **filters})
    except SourceError as error:
        problem = error
    html = console.render(
        "metrics.html", "metrics", found=found, problem=problem, days=days, filters=filters,
        periods=[(count, urlencode({"days": count, **filters})) for count in PERIODS],
        totals=totals(found["totals"]) if found else (),
        charts=list(zip(charts(found["days"], WIDE), charts(found["days"], NARROW), strict=True))
        if found else (), counts=COUNTS,
        groups=_groups(found) if found else (), title=_title,
    )  # fmt: skip
    return responses.page(html)


def totals(counts: Mapping[str, int]) -> list[Total]:
    """Return the totals with their shares: opens of what was delivered, all others of accepted."""
    return [
        Total(
            _title(name),
            number(counts[name]),
            _share(counts[name], counts["delivered" if name in OF_DELIVERED else "accepted"])
            if name != "accepted"
            else "",
            TONES.get(name, "busy"),
        )
        for name in COUNTS
    ]


def charts(rows: Sequence[Mapping[str, Any]], width: int = WIDE) -> list[Chart]:
    """Return the charts of the days."""
    days = [row["date"] for row in rows]

    def series(name: str, tone: str, title: str = "") -> Series:
        return Series(title or _title(name), tone, [row[name] for row in rows])

    def rate(name: str, tone: str) -> Series:
        values = [_percent(row[name], row["delivered"]) for row in rows]
        return Series(_title(name), tone, values)

    waiting = [
        max(0, row["accepted"] - row["delivered"] - row["bounced"] - row["rejected"])
        for row in rows
    ]
    on_its_way = Series("Neither yet", "calm", waiting)
    bad = (series("bounced", "bad"), series("rejected", "warn"))
    trouble = (
        series("bounced", "bad"), series("complained", "alarm"), series("soft_bounced", "warn"),
        series("rejected", "calm"),
    )  # fmt: skip
    reading = (rate("opened", "busy"), rate("clicked", "good"))
    return [
        bar_chart("Recipients a day", days, [series("delivered", "good"), *bad, on_its_way], width),
        bar_chart("Trouble a day", days, trouble, width),
        line_chart("Opened and clicked, of those delivered", days, reading, " %", width),
    ]


def _groups(found: Json) -> list[tuple[str, str, list[Json]]]:
    """Return title, name of the first column, and rows of each table that has rows."""
    groups = [
        ("By stream", "stream", found["streams"]),
        ("By tag", "tag", found["tags"]),
        ("By template", "template_id", found["templates"]),
    ]
    return [group for group in groups if group[2]]


def _period(days: int) -> dict[str, str]:
    # The API takes dates of UTC, both included.
    today: date = datetime.now(UTC).date()
    return {"from": str(today - timedelta(days=days - 1)), "to": str(today)}


def _percent(part: float, whole: float) -> float:
    return min(100.0, 100 * part / whole) if whole else 0.0


def _share(part: int, whole: int) -> str:
    return f"{_percent(part, whole):.1f} %" if whole else ""


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
