"""Put what happened where it belongs: recipient states, suppression list, bus, timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from track_events.records import event_record, recipient_record, suppression, told

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from amsdal_mail.tracking import EventKind, TrackingEvent
    from email_store.store import EmailStore

__all__ = ["Publisher", "Tracker", "metric_of"]


class Publisher(Protocol):
    """Where every event goes for the user's own rules."""

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        """Publish the events, or raise."""
        ...


@dataclass(frozen=True, slots=True)
class Tracker:
    """Holds no state of its own: any number of threads may track at once."""

    store: EmailStore
    bus: Publisher
    clock: Callable[[], datetime]

    def track(self, events: Sequence[TrackingEvent], tally: Counter[str]) -> None:
        """Take in the events of one notification, adding to `tally` by the names of metrics.

        The event's place in the timeline is written last: it says that all the rest is done. What
        fails before is done again when the record comes back, and does no harm twice: a state
        only moves up, a suppression is renewed, the bus delivers at least once. At most three
        writes an event.
        """
        events = told(events)
        if not events:
            tally["IgnoredNotifications"] += 1
            return
        new = self._new(events)
        tally["DuplicateEvents"] += len(events) - len(new)
        for event in new:
            self._note(event, tally)
        self.bus.publish(new)
        for event in new:
            is_new = self.store.add_event(event_record(event), now=self.clock())
            if not is_new:
                tally["DuplicateEvents"] += 1
            elif event.is_recipient_known or event.event_id == events[0].event_id:
                tally[metric_of(event.kind)] += 1

    def _new(self, events: Sequence[TrackingEvent]) -> list[TrackingEvent]:
        """Return the events of an email that were not seen before, in the sender's own spelling.

        SES's alphabet may have changed tags and metadata on the way: the record has the originals.
        """
        records = [event_record(event) for event in events]
        recalled = self.store.find_events(records[0].email_id, records)
        new = [event for event in events if event.event_id not in recalled.event_ids]
        if recalled.record is None:
            return new
        tags, metadata = recalled.record.tags, recalled.record.metadata
        return [replace(event, tags=tags, metadata=metadata) for event in new]

    def _note(self, event: TrackingEvent, tally: Counter[str]) -> None:
        recipient = recipient_record(event)
        if recipient is not None:
            self.store.advance_recipient(recipient, now=self.clock())
        entry = suppression(event)
        if entry is not None:
            self.store.suppress(entry)
            tally["SuppressedAddresses"] += 1


def metric_of(kind: EventKind) -> str:
    """Name the metric that counts events of a kind: `DeliveryDelayEvents`."""
    return "".join(word.capitalize() for word in kind.value.split("_")) + "Events"
