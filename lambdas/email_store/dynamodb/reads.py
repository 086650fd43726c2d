"""Reads: an email with all that belongs to it, and what new events need of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import SendUnit
from email_store.dynamodb.events import (
    EVENT,
    RECIPIENTS,
    REPEATS,
    event_key,
    read_event,
    read_recipient,
    read_repeat,
    repeat_key,
)
from email_store.dynamodb.table import TablePart, email_key
from email_store.dynamodb.units import UNITS, read_email, read_unit, unit_key
from email_store.records import KnownEvents
from email_store.view import TIMELINE_LIMIT, build_view

if TYPE_CHECKING:
    from collections.abc import Collection

    from email_store.records import EventRecord
    from email_store.view import EmailView

__all__ = ["Reads"]

REPEATS_LIMIT = 10_000
"""Recipients whose opens and clicks one view counts."""


class Reads(TablePart):
    """All reads are consistent. A view takes four queries, each of as many pages as it needs."""

    @override
    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        email = unit_key(SendUnit(email_id))
        keys = {event.event_id: event_key(event) for event in events}
        repeat_keys = {
            event.repeat: repeat_key(email_id, event.repeat) for event in events if event.repeat
        }
        items = self.table.get_many([email, *keys.values(), *repeat_keys.values()])
        present = {item["sk"]: item for item in items}
        record = present.get(email["sk"])
        return KnownEvents(
            frozenset(event_id for event_id, key in keys.items() if key["sk"] in present),
            read_email(record) if record else None,
            {
                repeat: int(present[key["sk"]]["count"]) if key["sk"] in present else 0
                for repeat, key in repeat_keys.items()
            },
        )

    @override
    def load(self, email_id: str) -> EmailView | None:
        partition = email_key(email_id, "")["pk"]
        unit_items = list(self.table.between(partition, *UNITS))
        units = list(map(read_unit, unit_items))
        record = next((read_email(item) for item in unit_items if "email_id" in item), None)
        recipients = list(map(read_recipient, self.table.between(partition, *RECIPIENTS)))
        events = list(map(read_event, self.table.newest(partition, EVENT, TIMELINE_LIMIT)))
        if not (units or recipients or events):
            return None
        counts = islice(self.table.between(partition, *REPEATS), REPEATS_LIMIT)
        repeats = dict(map(read_repeat, counts))
        return build_view(email_id, record, units, recipients, events, repeats)
