"""Parts: who may send an email or a chunk of it, decided by conditional writes."""

from __future__ import annotations

from dataclasses import dataclass

from email_store.claims import ClaimStatus, SendUnit, UnitState, claim_conflict
from email_store.dynamodb import items
from email_store.dynamodb.items import Item
from email_store.dynamodb.table import Attributes, Change, Table, Written

__all__ = ["NO_LEASE", "Opened", "Parts"]

NO_LEASE: Item = {}

CLAIMABLE = (
    "attribute_not_exists(pk) OR"
    " (fingerprint = :fingerprint AND is_settled = :is_settled AND lease_until <= :now"
    " AND expires_at > :now)"
)
VACANT = "attribute_not_exists(pk) OR fingerprint = :none OR expires_at <= :now"
"""A rejected request makes room, and so does what expired: DynamoDB takes days to delete it."""
STILL_OURS = "attempt = :attempt"


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of a wish to have a part, and the part as it is now."""

    state: UnitState
    outcome: ClaimStatus


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts in a table. One write a call, and one more to replace what is vacant."""

    table: Table

    def open(self, part: SendUnit, new: Item, now: int, lease: Item = NO_LEASE) -> Opened:
        """Make the part as `new` or find it, and take the lease; `now` is in epoch seconds."""
        written = self.table.update(items.part_key(part), _opening(new, now, lease))
        if not written.is_done and _is_vacant(written.item, now):
            written = self._replace(part, new, now, lease)
        state = items.read_part(written.item)
        if _is_ours(written, lease):
            return Opened(state, ClaimStatus.CLAIMED)
        free = ClaimStatus.BUSY if lease else ClaimStatus.CLAIMED
        return Opened(state, claim_conflict(state, new["fingerprint"], now) or free)

    def reject(self, part: SendUnit, rejection: Item, now: int) -> bool:
        """Keep a rejected request, unless the part is an email's."""
        return self.table.put(items.part_key(part) | rejection, VACANT, {"none": "", "now": now})

    def give_back(self, part: SendUnit, attempt: int, sets: Item) -> bool:
        """Change a part whose lease is still that of the attempt; made again, it does no harm."""
        change = Change(condition=STILL_OURS, condition_values={"attempt": attempt}, sets=sets)
        return self.table.update(items.part_key(part), change).is_done

    def _replace(self, part: SendUnit, new: Item, now: int, lease: Item) -> Written:
        item = items.part_key(part) | new | lease | {"attempt": 1 if lease else 0}
        return self.table.take(item, VACANT, {"none": "", "now": now})


def _opening(new: Item, now: int, lease: Item) -> Change:
    counts = ("attempt",) if lease else ()
    return Change(
        condition=CLAIMABLE,
        condition_values={
            "fingerprint": new["fingerprint"],
            "is_settled": False,
            "now": now,
        },
        sets=lease,
        defaults={name: one for name, one in new.items() if name not in {*lease, *counts}},
        counts=counts,
    )


def _is_vacant(item: Attributes, now: int) -> bool:
    return items.read_part(item).is_rejection or item["expires_at"] <= now


def _is_ours(written: Written, lease: Item) -> bool:
    """Tell our own write from others', even when its answer was lost and the SDK made it again."""
    if written.is_done:
        return True
    return bool(lease) and written.item.get("lease_id") == lease["lease_id"]
