"""The search in the records of a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import CLOCK_SKEW, SendUnit
from email_store.search import EXTERNAL, Entry, Position, Source, Stretch, Window

if TYPE_CHECKING:
    from email_store.claims import UnitState
    from email_store.records import EmailRecord, RecipientRecord
    from email_store.search_rows import Found

__all__ = ["MemorySource"]


@dataclass(frozen=True, slots=True)
class MemorySource(Source):
    """Finds by looking at each record."""

    retention: timedelta
    records: Mapping[str, EmailRecord]
    units: Mapping[SendUnit, UnitState]
    recipients: Mapping[tuple[str, str], RecipientRecord]

    @override
    def entries(
        self, address: str | None, window: Window, position: Position, count: int
    ) -> Stretch:
        every = self._all() if address is None else self._of(address.lower())
        newest = sorted(
            (
                entry
                for entry in set(every)
                if window.earliest <= entry.at < window.latest and _is_after(entry, position)
            ),
            key=_order,
            reverse=True,
        )
        page = newest[:count]
        is_last = len(page) == len(newest)
        return Stretch(page, None if is_last else Position(page[-1].at, *page[-1][2:]))

    @override
    def emails(self, email_ids: Sequence[str]) -> Mapping[str, tuple[EmailRecord, UnitState]]:
        found = {}
        for email_id in email_ids:
            if email_id in self.records:
                unit, record = self.units[SendUnit(email_id)], self.records[email_id]
                record = replace(record, is_scheduled=unit.is_scheduled, kept=unit.kept)
                found[email_id] = (record, unit)
        return found

    @override
    def complete(self, emails: Sequence[Found], address: str | None) -> Sequence[Found]:
        return [
            replace(
                email,
                units=tuple(state for _, state in self._units_of(email.email_id)),
                recipients=tuple(
                    recipient
                    for (email_id, _), recipient in self.recipients.items()
                    if email_id == email.email_id
                ),
            )
            for email in emails
        ]

    def _all(self) -> Iterator[Entry]:
        for email_id, record in self.records.items():
            yield Entry(record.created_at, email_id, email_id, "EMAIL")
        yield from self._external()

    def _of(self, address: str) -> Iterator[Entry]:
        for email_id, record in self.records.items():
            for _, state in self._units_of(email_id):
                if any(each.lower() == address for each in state.results):
                    yield Entry(record.created_at, email_id, email_id, "EMAIL")
        for entry in self._external():
            if entry.sort_key.removeprefix(EXTERNAL).lower() == address:
                yield entry

    def _external(self) -> Iterator[Entry]:
        for (email_id, address), recipient in self.recipients.items():
            if email_id not in self.records:
                yield Entry(recipient.at, email_id, email_id, f"{EXTERNAL}{address}")

    def _units_of(self, email_id: str) -> Iterator[tuple[SendUnit, UnitState]]:
        """Return the units of an email, but not those of an earlier one with the same id."""
        since = self.records[email_id].created_at - CLOCK_SKEW if email_id in self.records else None
        for unit, state in self.units.items():
            if unit.email_id == email_id and (since is None or state.created_at >= since):
                yield unit, state


def _is_after(entry: Entry, position: Position) -> bool:
    """Return whether the entry comes after the position: what is newer comes first."""
    if not position.partition:
        return entry.at < position.at
    return _order(entry) < (position.at, position.partition, position.sort_key)


def _order(entry: Entry) -> tuple[object, ...]:
    return entry.at, entry.partition, entry.sort_key
