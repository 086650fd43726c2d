"""Metrics: the numbers that the tracking function counts, and the store that keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "DIRECT",
    "METRICS_DAYS",
    "OTHER",
    "Count",
    "Measures",
    "Metrics",
    "MetricsStore",
    "Series",
    "Tally",
    "add_up",
]

METRICS_DAYS = 400
"""For how many days the numbers of a day are kept: a year and a month, to compare with."""
DIRECT = "direct"
"""The stream of mail of which the service has no record: mail that bypassed it."""
OTHER = "(other)"
"""What stands for all tags, templates and domains after the first so many of a day."""


class Count(StrEnum):
    """What is counted. Each is a number of recipients."""

    ACCEPTED = "accepted"
    """SES accepted the message: a Send event."""
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    """Permanent bounces."""
    COMPLAINED = "complained"
    OPENED = "opened"
    """Recipients with an open, however many opens. Machines do not count."""
    CLICKED = "clicked"
    """Recipients with a click, counted like opens."""
    REJECTED = "rejected"
    """SES refused the message after it had accepted it, or could not render it."""
    SOFT_BOUNCED = "soft_bounced"
    """Bounces that are not permanent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is counted together. `domain` is that of a recipient, and only deliveries have it."""

    day: date
    """The day (UTC) on which SES accepted the message, whenever its events come."""
    stream: str
    template_id: str | None = None
    tags: tuple[str, ...] = ()
    domain: str | None = None


Tally = Mapping[Series, Mapping[str, int]]
"""Numbers by series: by the name of a `Count`, and of a bucket of `email_store.durations`."""
Measures = list[tuple[Series, Mapping[str, int]]]
"""What single events count for."""


class Metrics(NamedTuple):
    """The numbers of some days."""

    first: date
    """The first day of which all series are there. It is later than asked for when there are too
    many series for one call."""
    tally: Tally


class MetricsStore(Protocol):
    """Keeps the numbers. The names of tags, templates and domains of one day are limited.

    Raises:
        StoreError: from each operation.
    """

    def count_metrics(self, tally: Tally) -> None:
        """Add the numbers. One write for each series, and one when the day has new names.

        When it raises, a part of the numbers may be stored. A repeated call may count twice.
        """
        ...

    def read_metrics(self, first: date, last: date) -> Metrics:
        """Return the numbers from the first day to the last. A bounded number of reads."""
        ...


def add_up(entries: Iterable[tuple[Series, Mapping[str, int]]]) -> dict[Series, Counter[str]]:
    """Return one tally of several entries: numbers of the same series are added."""
    tally: dict[Series, Counter[str]] = {}
    for series, numbers in entries:
        tally.setdefault(series, Counter()).update(numbers)
    return tally
