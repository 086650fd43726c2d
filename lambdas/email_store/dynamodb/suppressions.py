"""Suppressions: the suppression list in the table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.table import NEW, TablePart, without_none
from email_store.records import Suppression

if TYPE_CHECKING:
    from collections.abc import Collection

    from email_store.dynamodb.table import Attributes, Item
    from email_store.search import Position, SuppressionPage

__all__ = ["Suppressions"]

SUPPRESSION = "SUPPRESSION"
PERIOD = "suppressions"
"""The partition of the index by time that lists the entries."""

# AT is one of DynamoDB's reserved words.
COMPLAINT_REPLACES = f"{NEW} OR reason <> :reason OR #at < :at"
BOUNCE_REPLACES = f"{NEW} OR (reason = :reason AND #at < :at)"


class Suppressions(TablePart):
    """One item an address, which does not expire."""

    @override
    def suppressed(self, addresses: Collection[str]) -> set[str]:
        keys = {address: suppression_key(address) for address in addresses}
        present = {item["pk"] for item in self.table.get_many(keys.values())}
        return {address for address, key in keys.items() if key["pk"] in present}

    @override
    def suppress(self, suppression: Suppression) -> None:
        item = suppression_item(suppression)
        condition = COMPLAINT_REPLACES if suppression.is_complaint else BOUNCE_REPLACES
        values = {"reason": item["reason"], "at": item["at"]}
        self.table.put(item, condition, values, {"#at": "at"})

    @override
    def suppression(self, address: str) -> Suppression | None:
        present = self.table.get_many([suppression_key(address)])
        return read_suppression(present[0]) if present else None

    @override
    def list_suppressions(self, *, limit: int, after: Position | None = None) -> SuppressionPage:
        # The send path does without these modules.
        from email_store.dynamodb.search import BY_TIME, index_page, position_of
        from email_store.search import SuppressionPage

        keys, has_more = index_page(self.table, BY_TIME, PERIOD, limit, after=after)
        wanted = ({"pk": key["pk"], "sk": key["sk"]} for key in keys)
        present = {item["pk"]: item for item in self.table.get_many(wanted)}
        entries = [read_suppression(present[key["pk"]]) for key in keys if key["pk"] in present]
        return SuppressionPage(entries, position_of(keys[-1]) if has_more else None)

    @override
    def unsuppress(self, address: str) -> bool:
        return self.table.delete(suppression_key(address))


def suppression_key(address: str) -> Item:
    """Return the key of a suppressed address. It ignores letter case."""
    return {"pk": f"{SUPPRESSION}#{address.lower()}", "sk": SUPPRESSION}


def suppression_item(suppression: Suppression) -> Item:
    """Return the item of a suppressed address."""
    return without_none(
        {
            **suppression_key(suppression.address),
            "address": suppression.address,
            "reason": suppression.reason,
            "at": suppression.at.isoformat(),
            "period": PERIOD,
            "email_id": suppression.email_id,
        }
    )


def read_suppression(item: Attributes) -> Suppression:
    """Return the suppression of an item."""
    return Suppression(
        address=item["address"],
        reason=item["reason"],
        at=datetime.fromisoformat(item["at"]),
        email_id=item.get("email_id"),
    )
