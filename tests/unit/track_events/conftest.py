from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import pytest

from amsdal_mail.tracking import TrackingEvent
from email_store.memory import MemoryEmailStore
from email_store.memory_metrics import MemoryMetricsStore
from track_events.handler import create_handler
from track_events.service import Tracker

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Handle = Callable[[Any], Any]


@dataclass
class ListBus:
    """A bus that keeps the published events. It raises `failures` first."""

    events: list[TrackingEvent] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.events.extend(events)


@dataclass(frozen=True)
class Context:
    """The attributes of Lambda's context that Powertools reads."""

    function_name: str = "TrackFunction"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:TrackFunction"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture
def store() -> MemoryEmailStore:
    return MemoryEmailStore()


@pytest.fixture
def metrics_store() -> MemoryMetricsStore:
    return MemoryMetricsStore()


@pytest.fixture
def bus() -> ListBus:
    return ListBus()


@pytest.fixture
def tracker(store: MemoryEmailStore, bus: ListBus) -> Tracker:
    return Tracker(store, bus, lambda: NOW)


@pytest.fixture
def handle(
    tracker: Tracker, metrics_store: MemoryMetricsStore, monkeypatch: pytest.MonkeyPatch
) -> Handle:
    """The handler as Lambda calls it, with a store in memory."""
    # A logger of the same service would keep writing to the captured output of an earlier test.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"track_events-{uuid4().hex}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AmsdalMail")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    made = cache(
        lambda: create_handler(lambda: tracker, lambda: metrics_store)
    )  # in the test: pytest captures each phase anew
    return lambda event: made()(event, Context())  # type: ignore[arg-type]
