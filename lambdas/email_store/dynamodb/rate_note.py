"""RateNoteItem: the rate note in the table, which is read with the suppression list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.suppressions import RATE_KEY, Suppressions
from email_store.dynamodb.table import ItemUpdate
from email_store.rate_note import RateNote

if TYPE_CHECKING:
    from collections.abc import Collection

    from email_store.dynamodb.table import Attributes

__all__ = ["RateNoteItem"]

MILLISECONDS = 1000
"""The times of the item are in milliseconds: the table takes no floating-point numbers."""


class RateNoteItem(Suppressions):
    """One item a stage, which does not expire."""

    @override
    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        listed, item = self.listed(addresses)
        return listed, _read_note(item)

    @override
    def count_transactional(self, recipients: int) -> None:
        self.table.update(
            RATE_KEY, ItemUpdate(sets={}, additions={"transactional_count": recipients})
        )

    @override
    def mark_bulk(self, since: float, until: float) -> None:
        times = {"bulk_since": since, "bulk_until": until}
        sets = {name: int(seconds * MILLISECONDS) for name, seconds in times.items()}
        self.table.update(RATE_KEY, ItemUpdate(sets=sets))


def _read_note(item: Attributes) -> RateNote:
    return RateNote(
        transactional_count=int(item.get("transactional_count", 0)),
        bulk_since=float(item.get("bulk_since", 0)) / MILLISECONDS,
        bulk_until=float(item.get("bulk_until", 0)) / MILLISECONDS,
    )
