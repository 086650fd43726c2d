"""LeaseTable: conditional writes that decide which worker may send an email or a chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from email_store.claims import ClaimStatus, claim_conflict
from email_store.dynamodb import items
from email_store.dynamodb.table import ItemUpdate, Table

if TYPE_CHECKING:
    from email_store.claims import SendUnit, UnitState
    from email_store.dynamodb.items import Item
    from email_store.dynamodb.table import Attributes, WriteResult

__all__ = ["NO_LEASE", "LeaseResult", "LeaseTable"]

NO_LEASE: Item = {}

CLAIMABLE = (
    "attribute_not_exists(pk) OR"
    " (fingerprint = :fingerprint AND is_settled = :is_settled AND lease_until <= :now"
    " AND expires_at > :now)"
)
VACANT = "attribute_not_exists(pk) OR fingerprint = :none OR expires_at <= :now"
"""An invalid request may be replaced, and so may an expired item: DynamoDB deletes it days later.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""
SAME_ATTEMPT = "attempt = :attempt"


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """The result of an attempt to get a unit, and the state of the unit now."""

    state: UnitState
    status: ClaimStatus


@dataclass(frozen=True, slots=True)
class LeaseTable:
    """The units in a table. One write a call, and one more to replace a vacant item."""

    table: Table

    def open(self, unit: SendUnit, new: Item, now: int, lease: Item = NO_LEASE) -> LeaseResult:
        """Create the unit as `new` or find it, and take the lease. `now` is in epoch seconds."""
        written = self.table.update(items.unit_key(unit), _opening_update(new, now, lease))
        if not written.is_done and _is_vacant(written.item, now):
            written = self._replace(unit, new, now, lease)
        state = items.read_unit(written.item)
        if _is_our_write(written, lease):
            return LeaseResult(state, ClaimStatus.CLAIMED)
        otherwise = ClaimStatus.BUSY if lease else ClaimStatus.CLAIMED
        return LeaseResult(state, claim_conflict(state, new["fingerprint"], now) or otherwise)

    def reject(self, unit: SendUnit, rejection: Item, now: int) -> bool:
        """Store an invalid request. Return False when the unit belongs to an email."""
        return self.table.put(items.unit_key(unit) | rejection, VACANT, {"none": "", "now": now})

    def release(self, unit: SendUnit, attempt: int, sets: Item) -> bool:
        """Change a unit whose lease is still that of the attempt. A repeated call is harmless."""
        update = ItemUpdate(
            condition=SAME_ATTEMPT, condition_values={"attempt": attempt}, sets=sets
        )
        return self.table.update(items.unit_key(unit), update).is_done

    def _replace(self, unit: SendUnit, new: Item, now: int, lease: Item) -> WriteResult:
        item = items.unit_key(unit) | new | lease | {"attempt": 1 if lease else 0}
        return self.table.put_or_get(item, VACANT, {"none": "", "now": now})


def _opening_update(new: Item, now: int, lease: Item) -> ItemUpdate:
    increments = ("attempt",) if lease else ()
    return ItemUpdate(
        condition=CLAIMABLE,
        condition_values={
            "fingerprint": new["fingerprint"],
            "is_settled": False,
            "now": now,
        },
        sets=lease,
        defaults={name: value for name, value in new.items() if name not in {*lease, *increments}},
        increments=increments,
    )


def _is_vacant(item: Attributes, now: int) -> bool:
    return items.read_unit(item).is_rejection or item["expires_at"] <= now


def _is_our_write(written: WriteResult, lease: Item) -> bool:
    """Recognise our own write, even when its response was lost and the SDK repeated the call."""
    if written.is_done:
        return True
    return bool(lease) and written.item.get("lease_id") == lease["lease_id"]
