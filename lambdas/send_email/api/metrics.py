"""The metrics of a period: reads the query, and adds up the numbers for the response."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.stream import Stream
from email_store.durations import percentile
from email_store.metrics import DIRECT, OTHER, Count, Metrics, Series

__all__ = ["PARAMETERS", "MetricsQuery", "MetricsResponse", "metrics_response"]

DAYS_DEFAULT = 30
DAYS_LIMIT = 92
LIST_LIMIT = 500
"""Entries of a list in the response. The others are added up in the entry `OTHER`."""
VALUE_LIMIT = 1_024
"""Characters of a value in the query."""
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DATE_RULE = "must be a date such as 2026-11-24"
STREAMS = (*(stream.value for stream in Stream), DIRECT)
PARAMETERS = [
    {"name": name, "in": "query", "description": text, "schema": {"type": "string", **schema}}
    for name, text, schema in (
        ("from", "The first day (UTC). The default is 29 days before `to`.", {"format": "date"}),
        ("to", "The last day (UTC). The default is today.", {"format": "date"}),
        ("stream", "Emails of this stream only.", {"enum": [*STREAMS]}),
        ("tag", "Emails with this tag only.", {}),
        ("template", "Emails of this stored template only.", {}),
    )
]
"""The parameters of the query, as OpenAPI describes them."""
FIELDS = tuple(str(parameter["name"]) for parameter in PARAMETERS)
TRUNCATED = (
    "True when there is more to read than one call reads: the first days are left out, and `from`"
    " is the first day that is complete. Ask for fewer days."
)
SECONDS = "Seconds from acceptance to delivery, wrong by 10 % at most; null when SES gave no time."

Numbers = Counter[str]
Found = tuple[Series, Mapping[str, int]]
K = TypeVar("K")


class NumbersResponse(TypedDict):
    """Numbers of recipients. Opens and clicks count once for each recipient."""

    accepted: int
    delivered: int
    bounced: int
    complained: int
    opened: int
    clicked: int
    rejected: int
    soft_bounced: int


class DayResponse(NumbersResponse):
    """The emails that SES accepted on one day (UTC)."""

    date: str


class StreamResponse(NumbersResponse):
    """The emails of one stream. The stream `direct` is mail that bypassed the service."""

    stream: str


class TagResponse(NumbersResponse):
    """The emails with one tag. An email with two tags counts for both."""

    tag: str


class TemplateResponse(NumbersResponse):
    """The emails of one stored template."""

    template_id: str


class DomainResponse(TypedDict):
    """The deliveries to one domain, and how long 50, 95 and 99 of 100 took at most."""

    domain: str
    delivered: int
    seconds_p50: Annotated[float | None, Field(description=SECONDS)]
    seconds_p95: Annotated[float | None, Field(description=SECONDS)]
    seconds_p99: Annotated[float | None, Field(description=SECONDS)]


MetricsResponse = TypedDict(
    "MetricsResponse",
    {
        "from": str,
        "to": str,
        "totals": NumbersResponse,
        "days": list[DayResponse],
        "streams": list[StreamResponse],
        "tags": list[TagResponse],
        "templates": list[TemplateResponse],
        "domains": list[DomainResponse],
        "is_truncated": Annotated[bool, Field(description=TRUNCATED)],
    },
)


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    """The days and the filters of a request. Both days are part of the period."""

    first: date
    last: date
    stream: str | None = None
    tag: str | None = None
    template: str | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], today: date) -> Self:
        """Read the parameters of a request. The default is the last 30 days.

        Raises:
            InvalidMessageError: names every invalid parameter.
        """
        errors = [
            FieldError(name, f"is unknown: the parameters are {', '.join(FIELDS)}")
            for name in query
            if name not in FIELDS
        ]
        errors += [
            FieldError(name, f"must have 1 to {VALUE_LIMIT} characters")
            for name in ("tag", "template")
            if name in query and not 1 <= len(query[name]) <= VALUE_LIMIT
        ]
        days = {name: _date(query[name]) for name in ("from", "to") if name in query}
        errors += [FieldError(name, DATE_RULE) for name, day in days.items() if day is None]
        if query.get("stream", DIRECT) not in STREAMS:
            errors.append(FieldError("stream", f"must be one of {', '.join(STREAMS)}"))
        if errors:
            raise InvalidMessageError(errors)
        last = days.get("to") or today
        first = days.get("from") or date.fromordinal(max(1, last.toordinal() - DAYS_DEFAULT + 1))
        if first > last:
            raise InvalidMessageError.for_field("from", f"must not be after {last}")
        if (last - first).days >= DAYS_LIMIT:
            rule = (
                f"must not be before {last - timedelta(DAYS_LIMIT - 1)}: at most {DAYS_LIMIT} days"
            )
            raise InvalidMessageError.for_field("from", rule)
        return cls(first, last, query.get("stream"), query.get("tag"), query.get("template"))

    def includes(self, series: Series) -> bool:
        """Return whether the filters let the series through."""
        return (
            self.stream in {None, series.stream}
            and self.template in {None, series.template_id}
            and (self.tag is None or self.tag in series.tags)
        )


def metrics_response(query: MetricsQuery, metrics: Metrics) -> MetricsResponse:
    """Add up the numbers of a period, as the filters of the query let them through."""
    found = [entry for entry in metrics.tally.items() if query.includes(entry[0])]
    by_day = _group(found, lambda series: [series.day])
    domains = _group(found, lambda series: _listed(series.domain))
    days = [
        date.fromordinal(n) for n in range(metrics.first.toordinal(), query.last.toordinal() + 1)
    ]
    return {
        "from": metrics.first.isoformat(),
        "to": query.last.isoformat(),
        "totals": _numbers(_sum(by_day.values())),
        "days": [{"date": day.isoformat(), **_numbers(by_day[day])} for day in days],
        "streams": _entries(found, "stream", lambda series: [series.stream]),
        "tags": _entries(found, "tag", lambda series: series.tags),
        "templates": _entries(found, "template_id", lambda series: _listed(series.template_id)),
        "domains": [
            {
                "domain": domain,
                "delivered": numbers[Count.DELIVERED],
                "seconds_p50": percentile(numbers, 0.50),
                "seconds_p95": percentile(numbers, 0.95),
                "seconds_p99": percentile(numbers, 0.99),
            }
            for domain, numbers in _largest(domains)
        ],
        "is_truncated": metrics.first > query.first,
    }


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if DATE.fullmatch(value) else None
    except ValueError:
        return None


def _listed(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _group(found: Iterable[Found], keys: Callable[[Series], Iterable[K]]) -> dict[K, Numbers]:
    groups: defaultdict[K, Numbers] = defaultdict(Counter)
    for series, numbers in found:
        for key in keys(series):
            groups[key].update(numbers)
    return groups


def _sum(groups: Iterable[Numbers]) -> Numbers:
    total: Numbers = Counter()
    for numbers in groups:
        total.update(numbers)
    return total


def _entries(
    found: Iterable[Found], name: str, keys: Callable[[Series], Iterable[str]]
) -> list[Any]:
    return [{name: key, **_numbers(numbers)} for key, numbers in _largest(_group(found, keys))]


def _largest(groups: Mapping[str, Numbers]) -> list[tuple[str, Numbers]]:
    """Return the groups with the most emails first, and last the sum of all others."""
    named = sorted(
        (group for group in groups.items() if group[0] != OTHER),
        key=lambda group: (-group[1][Count.ACCEPTED] - group[1][Count.DELIVERED], group[0]),
    )
    others = [numbers for _, numbers in named[LIST_LIMIT:]]
    if OTHER in groups:
        others.append(groups[OTHER])
    return [*named[:LIST_LIMIT], *([(OTHER, _sum(others))] if others else [])]


def _numbers(numbers: Numbers) -> NumbersResponse:
    return NumbersResponse(
        accepted=numbers[Count.ACCEPTED],
        delivered=numbers[Count.DELIVERED],
        bounced=numbers[Count.BOUNCED],
        complained=numbers[Count.COMPLAINED],
        opened=numbers[Count.OPENED],
        clicked=numbers[Count.CLICKED],
        rejected=numbers[Count.REJECTED],
        soft_bounced=numbers[Count.SOFT_BOUNCED],
    )
