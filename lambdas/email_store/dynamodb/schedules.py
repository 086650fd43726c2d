"""Schedules: another time for an email that waits, or an end to its waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import SendUnit, UnitState, canceled, epoch_seconds
from email_store.dynamodb.pointers import point_to
from email_store.dynamodb.table import ItemUpdate, TablePart
from email_store.dynamodb.unit_items import read_unit, result_items, unit_key
from email_store.dynamodb.units import same_erased

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Schedules"]

WAITING = "is_settled = :is_settled AND attempt = :attempt"
"""No worker has claimed the unit. Both attributes change in the write that claims or settles it."""
NEVER_CLAIMED = {"is_settled": False, "attempt": 0}


class Schedules(TablePart):
    """Conditional writes decide between a worker that claims an email and a caller who stops it."""

    @override
    def find_unit(self, email_id: str) -> UnitState | None:
        items = self.table.get_many([unit_key(SendUnit(email_id))])
        return read_unit(items[0]) if items else None

    @override
    def move(self, email_id: str, found: UnitState, send_at: datetime, *, now: datetime) -> bool:
        unit, expires_at = SendUnit(email_id), self.expiry(max(now, send_at))
        update = ItemUpdate(
            condition=f"{WAITING} AND generation = :generation",
            condition_values={**NEVER_CLAIMED, "generation": found.generation},
            sets={
                "send_at": epoch_seconds(send_at),
                "generation": found.generation + 1,
                "expires_at": expires_at,
            },
        )
        written = self.table.update(unit_key(unit), update)
        if written.is_done and len(found.results) > 1 and "recipient" not in written.item:
            at = found.created_at.isoformat()
            point_to(self.table, unit, found.results, at=at, expires_at=expires_at, is_new=True)
        return written.is_done

    @override
    def cancel(self, email_id: str, found: UnitState) -> bool:
        condition, values = same_erased(found.erased)
        update = ItemUpdate(
            condition=f"{WAITING} AND {condition}",
            condition_values={**NEVER_CLAIMED, **values},
            sets={
                "results": result_items(canceled(found.results)),
                "is_settled": True,
                "is_canceled": True,
            },
        )
        return self.table.update(unit_key(SendUnit(email_id)), update).is_done
