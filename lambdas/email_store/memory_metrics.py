"""MemoryMetricsStore: the metrics in the memory of a process, for tests and experiments."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.metric_names import MetricNames
from email_store.metrics import Metrics, MetricsStore, add_up

if TYPE_CHECKING:
    from datetime import date

    from email_store.metrics import Tally

__all__ = ["MemoryMetricsStore"]


class MemoryMetricsStore(MetricsStore):
    """Metrics that live as long as their process. It limits the names as the table does."""

    @override
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[date, MetricNames] = {}
        self._numbers: dict[tuple[date, str], Counter[str]] = {}

    @override
    def count_metrics(self, tally: Tally) -> None:
        with self._lock:
            for series, numbers in tally.items():
                names = self._names.get(series.day, MetricNames()).with_names_of([series])
                self._names[series.day] = names
                key = series.day, names.code(series)
                self._numbers.setdefault(key, Counter()).update(numbers)

    @override
    def read_metrics(self, first: date, last: date) -> Metrics:
        with self._lock:
            entries = [
                (self._names[day].series(day, code), numbers)
                for (day, code), numbers in self._numbers.items()
                if first <= day <= last
            ]
        return Metrics(first, add_up(entries))
