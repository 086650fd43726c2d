"""The use of AWS by an email from request to delivery: both functions run against the stub."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench import functions
from tests.bench.cost.table_units import TableUse, table_use
from tests.bench.loopback import Loopback

__all__ = ["Usage", "by_api", "by_api_in_a_quiet_hour", "by_queue"]

Json = dict[str, Any]
EMAILS = 50
WARM_UP = 10
MILLISECONDS = {
    "outbound-emails": 100.0,
    "UpdateItem": 5.0,
    "PutItem": 5.0,
    "BatchGetItem": 5.0,
    "PutEvents": 20.0,
}
"""The usual latency of the services within their region, which the stub keeps."""
MEMORY_GB = 0.5
CPU_SHARE = 512 / 1769
"""Share of a processor: Lambda gives a whole processor at 1,769 MB.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""
PLATFORM_LOG_BYTES = 350
"""START, END and REPORT, which Lambda writes for each invocation."""


@dataclass(frozen=True)
class Usage:
    """The use by an email with one recipient, and by its Send and Delivery events."""

    table: TableUse
    """Of all `emails` together."""
    emails: int
    gb_seconds: float
    invocations: float
    log_bytes: float
    events: float
    bus_entries: float
    is_by_api: bool

    @property
    def milliseconds(self) -> float:
        """The billed duration of an invocation."""
        return self.gb_seconds / self.invocations / MEMORY_GB * 1000

    def each(self, total: float) -> float:
        """Return the share of an email in a total of all emails."""
        return total / self.emails


def by_queue(loopback: Loopback) -> Usage:
    """Emails from five a second: ten records a batch, of emails and of events.

    Lambda reads a queue with five pollers, each of which gathers a batch for the event window of
    5 s. By then each poller has the events of ten emails and more.
    """
    return _used(loopback, batch=10, is_by_api=False)


def by_api(loopback: Loopback) -> Usage:
    """Emails from five a second: each by a request of its own, ten events a batch."""
    return _used(loopback, batch=10, is_by_api=True)


def by_api_in_a_quiet_hour(loopback: Loopback) -> Usage:
    """Emails now and then: each by a request of its own, each event alone."""
    return _used(loopback, batch=1, is_by_api=True)


def _used(loopback: Loopback, *, batch: int, is_by_api: bool) -> Usage:
    loopback.answer_after(5, **MILLISECONDS)
    loopback.keep_items()
    _live(_ids("warm", WARM_UP), batch, is_by_api=is_by_api)
    loopback.recorded()
    seconds, invocations, log_bytes = _live(_ids("cost", EMAILS), batch, is_by_api=is_by_api)
    calls = loopback.recorded()
    return Usage(
        table=table_use(calls),
        emails=EMAILS,
        gb_seconds=seconds * MEMORY_GB / EMAILS,
        invocations=invocations / EMAILS,
        log_bytes=log_bytes / EMAILS,
        events=2,
        bus_entries=sum(len(r["Entries"]) for op, r in calls if op == "PutEvents") / EMAILS,
        is_by_api=is_by_api,
    )


def _ids(word: str, count: int) -> list[str]:
    # As long as the ids that the service makes by itself.
    return [f"{word}{number:028d}" for number in range(count)]


def _live(email_ids: Sequence[str], batch: int, *, is_by_api: bool) -> tuple[float, int, int]:
    """Send the emails and track their events. Return billed seconds, invocations, log bytes."""
    seconds, invocations, log_bytes = 0.0, 0, 0
    for handle, event in _invocations(email_ids, batch, is_by_api=is_by_api):
        wall, cpu = time.perf_counter(), time.process_time()
        logged = handle(event)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        seconds += max(wall - cpu, 0) + cpu / CPU_SHARE
        invocations += 1
        log_bytes += len(logged.encode()) + PLATFORM_LOG_BYTES
    return seconds, invocations, log_bytes


def _invocations(
    email_ids: Sequence[str], batch: int, *, is_by_api: bool
) -> Iterator[tuple[Callable[[Json], str], Json]]:
    for start in range(0, len(email_ids), batch):
        some = email_ids[start : start + batch]
        if is_by_api:
            yield from (
                (functions.handle_send, functions.api_request(email_id)) for email_id in some
            )
        else:
            yield functions.handle_send, functions.send_records(some)
    events = [event for email_id in email_ids for event in functions.delivered(email_id)]
    for start in range(0, len(events), batch):
        yield (
            functions.handle_events,
            functions.event_records(events[start : start + batch]),
        )
