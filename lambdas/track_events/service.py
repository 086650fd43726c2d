"""Tracker: updates recipient states, suppression list, event bus and timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from amsdal_mail.exceptions import MailError
from track_events.metrics import is_by_machine, measure
from track_events.records import (
    collapse_unattributed,
    event_record,
    recipient_record,
    suppression,
)
from track_events.sensitive import hide_content

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from amsdal_mail.tracking import EventKind, TrackingEvent
    from email_store.metrics import Measures
    from email_store.records import EmailRecord, EventRecord, KnownEvents, Repeat
    from email_store.store import EmailStore

__all__ = ["REPEATS_STORED", "OutOfTimeError", "Publisher", "Tracker", "metric_of"]

EVENTS_AT_ONCE = 50
"""Recipients of a message that SES accepts, so that a real notification is tracked in one step.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

REPEATS_STORED = 20
"""Opens, and clicks, of one recipient that are stored and published. All later ones are counted."""


class OutOfTimeError(MailError):
    """The invocation ends before all events of a notification are tracked. SQS retries it."""


class Publisher(Protocol):
    """Publishes events for the user's own rules."""

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        """Publish the events, or raise."""
        ...


@dataclass(frozen=True, slots=True)
class Tracker:
    """Thread-safe: it has no state of its own."""

    store: EmailStore
    bus: Publisher
    clock: Callable[[], datetime]

    def track(
        self,
        events: Sequence[TrackingEvent],
        counts: Counter[str],
        has_time: Callable[[], bool] = lambda: True,
        measures: Measures | None = None,
    ) -> None:
        """Store and publish the events of one notification.

        Each finished step is added to `counts`, by metric name, so that it counts even when a later
        step fails: the retry finds its event in the timeline, and does not count it again. What an
        event counts for in the metrics is added to `measures`, when the event is in the timeline.

        Raises:
            OutOfTimeError: `has_time` became false. The retry continues after the finished events.
        """
        events = [
            hide_content(event) if event.is_sensitive else event
            for event in collapse_unattributed(events)
        ]
        if not events:
            counts["IgnoredNotifications"] += 1
        measures = [] if measures is None else measures
        for start in range(0, len(events), EVENTS_AT_ONCE):
            if not has_time():
                raise OutOfTimeError(f"{len(events) - start} of {len(events)} events are left")
            self._track_some(events[start : start + EVENTS_AT_ONCE], counts, measures)

    def _track_some(
        self, events: Sequence[TrackingEvent], counts: Counter[str], measures: Measures
    ) -> None:
        """Track events of one email.

        An event's timeline item is written last: it says that all else is done. If an earlier step
        fails, all steps run again when SQS delivers the record again. That is harmless: a state
        only moves up, a suppression is renewed, and the bus delivers at least once. An event costs
        at most three writes.
        """
        records = [event_record(event) for event in events]
        known = self.store.find_events(records[0].email_id, records)
        if known.erased:
            events = self._forget_erased(events, known, counts, measures)
            records = [event_record(event) for event in events]
        news = _sort(events, records, known)
        counts["DuplicateEvents"] += news.duplicate_count
        for event, record, repeat in news.surplus:
            is_first = self._count(event, record, repeat, known)
            counts[metric_of(event.kind)] += 1
            if is_first:
                self._measure(event, known, measures)
        for event, _ in news.new:
            counts["SuppressedAddresses"] += self._update_recipient(event, known)
        self.bus.publish([event for event, _ in news.new])
        for event, record in news.new:
            if not self.store.add_event(record, now=self.clock(), record=known.record):
                counts["DuplicateEvents"] += 1
                continue
            is_first = record.repeat is None or self._count(event, record, record.repeat, known)
            if event.is_recipient_known or event.event_id == events[0].event_id:
                counts[metric_of(event.kind)] += 1
                if is_first:
                    self._measure(event, known, measures)

    def _forget_erased(
        self,
        events: Sequence[TrackingEvent],
        known: KnownEvents,
        counts: Counter[str],
        measures: Measures,
    ) -> Sequence[TrackingEvent]:
        """Return the events of others. Those of erased people only change states and numbers.

        An erased person who must not get more mail is suppressed by the hash of the address.
        """
        from track_events.erased import sort_erased

        sorted_events = sort_erased(events, known)
        for event, erased in sorted_events.of_erased:
            recipient = recipient_record(event)
            if recipient is not None:
                nameless = replace(
                    recipient, address=erased.pseudonym, message_id=None, error_message=None
                )
                if self.store.advance_recipient(nameless, now=self.clock(), record=known.record):
                    counts[metric_of(event.kind)] += 1
                    self._measure(event, known, measures)
            entry = suppression(event)
            if entry is not None:
                self.store.suppress(replace(entry, is_erased=True))
            counts["SuppressedAddresses"] += entry is not None
        return sorted_events.of_others

    def _count(
        self, event: TrackingEvent, record: EventRecord, repeat: Repeat, known: KnownEvents
    ) -> bool:
        """Count an open or a click. Return whether it is the first by a person."""
        return self.store.count_repeat(
            record.email_id,
            repeat,
            now=self.clock(),
            record=known.record,
            is_by_machine=is_by_machine(event),
        )

    def _measure(self, event: TrackingEvent, known: KnownEvents, measures: Measures) -> None:
        measure_of_event = measure(event, known.record, self.clock())
        if measure_of_event is not None:
            measures.append(measure_of_event)

    def _update_recipient(self, event: TrackingEvent, known: KnownEvents) -> bool:
        """Store the recipient's state. Return whether the address was suppressed."""
        recipient = recipient_record(event)
        if recipient is not None and not known.has_result(recipient):
            self.store.advance_recipient(recipient, now=self.clock(), record=known.record)
        entry = suppression(event)
        if entry is not None:
            self.store.suppress(entry)
        return entry is not None


@dataclass(frozen=True, slots=True)
class News:
    """The events of a notification, sorted by what has to be done with them."""

    new: Sequence[tuple[TrackingEvent, EventRecord]]
    """To store and publish. The events have the sender's spelling of tags and metadata: SES's
    alphabet may have changed it on the way."""
    surplus: Sequence[tuple[TrackingEvent, EventRecord, Repeat]]
    """To count only: a recipient's opens, or clicks, after the first `REPEATS_STORED`."""
    duplicate_count: int
    """The number of events that are in the timeline."""


def _sort(
    events: Sequence[TrackingEvent], records: Sequence[EventRecord], known: KnownEvents
) -> News:
    new, surplus = [], []
    for event, record in zip(events, records, strict=True):
        if event.event_id in known.event_ids:
            continue
        if record.repeat and known.repeats.get(record.repeat, 0) >= REPEATS_STORED:
            surplus.append((event, record, record.repeat))
        else:
            new.append((_with_original_tags(event, known.record), record))
    return News(new, surplus, len(events) - len(new) - len(surplus))


def _with_original_tags(event: TrackingEvent, record: EmailRecord | None) -> TrackingEvent:
    return replace(event, tags=record.tags, metadata=record.metadata) if record else event


def metric_of(kind: EventKind) -> str:
    """Return the name of the metric that counts events of a kind, e.g. `DeliveryDelayEvents`."""
    return "".join(word.capitalize() for word in kind.value.split("_")) + "Events"
