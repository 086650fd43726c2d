"""RateNoteItem: the rate note in the table, which is read with the suppression list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.suppressions import suppression_key
from email_store.dynamodb.table import ItemUpdate, TablePart
from email_store.rate_note import RateNote
from email_store.records import TemplateVersion

if TYPE_CHECKING:
    from collections.abc import Collection

    from email_store.dynamodb.table import Attributes, Item

__all__ = ["RateNoteItem"]

KEY: Item = {"pk": "RATE", "sk": "RATE"}
TEMPLATES = "TEMPLATES"
"""The partition of the templates. `amsdal-mail templates push` writes an item for each."""
MILLISECONDS = 1000
"""The times of the item are in milliseconds: the table takes no floating-point numbers."""


class RateNoteItem(TablePart):
    """One item a stage, which does not expire."""

    @override
    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        keys = {address: suppression_key(address) for address in addresses}
        items = {item["pk"]: item for item in self.table.get_many([*keys.values(), KEY])}
        note = _read_note(items.get(KEY["pk"], {}))
        return {address for address, key in keys.items() if key["pk"] in items}, note

    @override
    def suppressed_and_template(
        self, addresses: Collection[str], template_id: str, *, with_note: bool
    ) -> tuple[set[str], TemplateVersion | None, RateNote | None]:
        keys = {address: suppression_key(address) for address in addresses}
        template: Item = {"pk": TEMPLATES, "sk": template_id}
        note = [KEY] if with_note else []
        items = {
            item["pk"]: item for item in self.table.get_many([*keys.values(), template, *note])
        }
        suppressed = {address for address, key in keys.items() if key["pk"] in items}
        current = items.get(TEMPLATES)
        version = TemplateVersion(current["version"], current["ses_name"]) if current else None
        return suppressed, version, _read_note(items.get(KEY["pk"], {})) if with_note else None

    @override
    def count_transactional(self, recipients: int) -> None:
        self.table.update(KEY, ItemUpdate(sets={}, additions={"transactional_count": recipients}))

    @override
    def mark_bulk(self, since: float, until: float) -> None:
        times = {"bulk_since": since, "bulk_until": until}
        sets = {name: int(seconds * MILLISECONDS) for name, seconds in times.items()}
        self.table.update(KEY, ItemUpdate(sets=sets))


def _read_note(item: Attributes) -> RateNote:
    return RateNote(
        transactional_count=int(item.get("transactional_count", 0)),
        bulk_since=float(item.get("bulk_since", 0)) / MILLISECONDS,
        bulk_until=float(item.get("bulk_until", 0)) / MILLISECONDS,
    )
