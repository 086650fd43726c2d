"""Reads: an email with all that belongs to it, and what new events need of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from amsdal_mail.status import SendState
from email_store.claims import SendUnit
from email_store.dynamodb.counts import counts_range, sum_counts
from email_store.dynamodb.events import (
    EVENT,
    RECIPIENTS,
    REPEATS,
    event_key,
    read_event,
    read_recipient,
    read_repeat,
    recipient_key,
    repeat_key,
)
from email_store.dynamodb.table import TablePart, email_key
from email_store.dynamodb.unit_items import CHUNKS, read_email, read_unit, unit_key
from email_store.records import (
    REPEATING_KINDS,
    ErasedAddress,
    KnownEvents,
    Repeat,
    is_external,
)
from email_store.view import RECIPIENTS_LIMIT, TIMELINE_LIMIT, build_large_view, build_view

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from email_store.dynamodb.table import Attributes, Item
    from email_store.records import EmailRecord, EventRecord, RecipientRecord
    from email_store.search import EmailPage, EmailQuery, Position
    from email_store.view import EmailView

__all__ = ["Reads"]

LEFTOVERS_LIMIT = 10_000
"""Items of a kind that a view without a record has at most: those of a plain email are 99."""


class Reads(TablePart):
    """All reads are consistent. A view takes six calls at most, while each list fits into a page.

    A page has 1 MB: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
    """

    @override
    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        email = unit_key(SendUnit(email_id))
        keys = {event.event_id: event_key(event) for event in events}
        repeat_keys = {
            event.repeat: repeat_key(email_id, event.repeat) for event in events if event.repeat
        }
        # Mail from outside has no record that could say who is erased.
        markers = self._marker_keys(events) if is_external(email_id) else []
        items = self.table.get_many([email, *keys.values(), *repeat_keys.values(), *markers])
        present = {item["sk"]: item for item in items if item["pk"] == email["pk"]}
        record = present.get(email["sk"])
        return KnownEvents(
            frozenset(event_id for event_id, key in keys.items() if key["sk"] in present),
            read_email(record) if record else None,
            {
                repeat: int(present[key["sk"]]["count"]) if key["sk"] in present else 0
                for repeat, key in repeat_keys.items()
            },
            _accepted(record) if record else {},
            erased=self._erased(email_id, events, record, items),
        )

    def _erased(
        self,
        email_id: str,
        events: Collection[EventRecord],
        record: Attributes | None,
        items: Collection[Attributes],
    ) -> Mapping[str, ErasedAddress]:
        """Return the erased addresses in the events: by the record, or without one by markers."""
        if record is not None and "erased" not in record:
            return {}
        from email_store.dynamodb.markers import read_markers
        from email_store.erasure import erased_by_record, named_addresses

        addresses = named_addresses(events)
        pseudonym = partial(self.hashes.pseudonym, email_id)
        if record is not None:
            return erased_by_record(record["erased"], addresses, pseudonym)
        if not is_external(email_id):
            items = self.table.get_many(self._marker_keys(events))
        times = read_markers(items, addresses, self.hashes)
        return {each: ErasedAddress(pseudonym(each), at) for each, at in times.items()}

    def _marker_keys(self, events: Collection[EventRecord]) -> list[Item]:
        from email_store.dynamodb.markers import marker_key
        from email_store.erasure import named_addresses

        return [marker_key(address, self.hashes) for address in named_addresses(events)]

    @override
    def find_emails(
        self, query: EmailQuery, *, now: datetime, limit: int, position: Position | None = None
    ) -> EmailPage:
        # The send path does without these modules.
        from email_store.dynamodb.search import TableSource
        from email_store.search_page import find_page

        source = TableSource(self.table, self.retention)
        return find_page(source, query, now=now, limit=limit, position=position)

    @override
    def load(self, email_id: str, *, recipients_after: str = "") -> EmailView | None:
        items = self.table.get_many([unit_key(SendUnit(email_id))])
        record = read_email(items[0]) if items else None
        if record is not None and record.chunk_count:
            return self._load_large(record, recipients_after)
        partition = email_key(email_id, "")["pk"]
        # Without a record, the email may have expired before its last events.
        if record is None:
            items = list(self.table.between(partition, *CHUNKS, LEFTOVERS_LIMIT))
        units = list(map(read_unit, items))
        found = self.table.between(partition, *RECIPIENTS, LEFTOVERS_LIMIT)
        recipients = list(map(read_recipient, found))
        events = self._newest_events(email_id)
        if not (units or recipients or events):
            return None
        counts = self.table.between(partition, *REPEATS, 2 * LEFTOVERS_LIMIT)
        repeats = dict(map(read_repeat, counts))
        return build_view(email_id, record, units, recipients, events, repeats)

    def _load_large(self, record: EmailRecord, after: str) -> EmailView:
        """Read the counts and what is listed, however many recipients the email has."""
        partition = email_key(record.email_id, "")["pk"]
        kept = sum_counts(self.table.between(partition, *counts_range(record)))
        first = recipient_key(record.email_id, f"{after}\0" if after else "")["sk"]
        items = self.table.between(partition, first, RECIPIENTS[1], RECIPIENTS_LIMIT + 1)
        recipients = list(map(read_recipient, items))
        repeats = dict(self._repeats_of(record.email_id, recipients))
        events = self._newest_events(record.email_id)
        return build_large_view(record, kept, recipients, events, repeats)

    def _newest_events(self, email_id: str) -> list[EventRecord]:
        partition = email_key(email_id, "")["pk"]
        return list(map(read_event, self.table.newest(partition, EVENT, TIMELINE_LIMIT)))

    def _repeats_of(
        self, email_id: str, recipients: Sequence[RecipientRecord]
    ) -> Iterator[tuple[Repeat, int]]:
        """Return the opens and clicks of a page of recipients, which are in the order of keys."""
        if not recipients:
            return
        for kind in sorted(REPEATING_KINDS):
            first, last = (
                repeat_key(email_id, Repeat(kind, end.address))
                for end in (recipients[0], recipients[-1])
            )
            items = self.table.between(first["pk"], first["sk"], last["sk"], len(recipients))
            yield from map(read_repeat, items)


def _accepted(email: Attributes) -> Mapping[str, str | None]:
    """Return the SES messages of the recipients whose stored result is accepted."""
    return {
        address: result.get("message_id")
        for address, result in email["results"].items()
        if result["state"] == SendState.ACCEPTED
    }
