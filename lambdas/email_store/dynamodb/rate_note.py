"""RateNoteItem: the rate note in the table, which is read with the suppression list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.suppressions import RATE_KEY, Suppressions
from email_store.dynamodb.table import ItemUpdate
from email_store.rate_note import RateNote
from email_store.records import TemplateVersion

if TYPE_CHECKING:
    from collections.abc import Collection

    from email_store.dynamodb.table import Attributes

__all__ = ["RateNoteItem"]

TEMPLATES = "TEMPLATES"
"""The partition of the templates. `amsdal-mail templates push` writes an item for each."""
MILLISECONDS = 1000
"""The times of the item are in milliseconds: the table takes no floating-point numbers."""


class RateNoteItem(Suppressions):
    """One item a stage, which does not expire."""

    @override
    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        listed, items = self.listed(addresses)
        return listed, _read_note(items.get(RATE_KEY["pk"], {}))

    @override
    def suppressed_and_template(
        self, addresses: Collection[str], template_id: str, *, with_note: bool
    ) -> tuple[set[str], TemplateVersion | None, RateNote | None]:
        listed, items = self.listed(addresses, {"pk": TEMPLATES, "sk": template_id})
        current = items.get(TEMPLATES)
        version = TemplateVersion(current["version"], current["ses_name"]) if current else None
        note = _read_note(items.get(RATE_KEY["pk"], {})) if with_note else None
        return listed, version, note

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
