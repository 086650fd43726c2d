"""Suppressions: the suppression list in the table, under keyed hashes of the addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.table import NEW, ItemUpdate, TablePart, without_none
from email_store.records import Suppression
from email_store.store import SuppressionKeyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.table import Attributes, Item
    from email_store.search import Position, SuppressionPage

__all__ = ["RATE_KEY", "Suppressions", "require_same_key"]

SUPPRESSION = "SUPPRESSION"
RATE_KEY: Item = {"pk": "RATE", "sk": "RATE"}
"""The item of the rate note. It has the check of the key, because each sending reads it anyway."""
PERIOD = "suppressions"
"""The partition of the index by time that lists the entries."""

# AT is one of DynamoDB's reserved words.
COMPLAINT_REPLACES = f"{NEW} OR reason <> :reason OR #at < :at"
BOUNCE_REPLACES = f"{NEW} OR (reason = :reason AND #at < :at)"


class Suppressions(TablePart):
    """One item an address, which does not expire.

    With another key than that of the list, each address would seem to be allowed. So the first
    entry stores a check of the key, and an operation with another key raises SuppressionKeyError.
    """

    @override
    def suppressed(self, addresses: Collection[str]) -> set[str]:
        return self.listed(addresses)[0]

    @override
    def suppress(self, suppression: Suppression) -> None:
        check = {"key_check": self.hashes.of_key()}
        written = self.table.update(RATE_KEY, ItemUpdate(sets={}, defaults=check))
        require_same_key(written.item, self.hashes)
        item = suppression_item(suppression, self.hashes)
        condition = COMPLAINT_REPLACES if suppression.is_complaint else BOUNCE_REPLACES
        values = {"reason": item["reason"], "at": item["at"]}
        if suppression.is_erased:
            self.table.put(item, condition, values, {"#at": "at"})
            return
        known = f"({condition}) AND attribute_not_exists(is_erased)"
        written = self.table.put_or_get(item, known, values, {"#at": "at"})
        if not written.is_done and written.item.get("is_erased"):
            self.suppress(replace(suppression, is_erased=True))

    @override
    def suppression(self, address: str) -> Suppression | None:
        key = suppression_key(address, self.hashes)
        items = self._get([key])
        return read_suppression(items[key["pk"]], address) if key["pk"] in items else None

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
        return self.table.delete(suppression_key(address, self.hashes))

    def listed(
        self, addresses: Collection[str], *others: Item
    ) -> tuple[set[str], dict[str, Attributes]]:
        """Return those of the addresses that are suppressed, and the items read, by partition.

        They have the item of the rate note, and the items of the keys `others`.
        """
        keys = {address: suppression_key(address, self.hashes) for address in addresses}
        items = self._get([*keys.values(), *others])
        return {address for address, key in keys.items() if key["pk"] in items}, items

    def _get(self, keys: Iterable[Item]) -> dict[str, Attributes]:
        items = {item["pk"]: item for item in self.table.get_many([*keys, RATE_KEY])}
        require_same_key(items.get(RATE_KEY["pk"], {}), self.hashes)
        return items


def require_same_key(item: Attributes, hashes: AddressHashes) -> None:
    """Check that the list was written with the same key.

    Raises:
        SuppressionKeyError: it was written with another key.
    """
    if item.get("key_check", hashes.of_key()) != hashes.of_key():
        raise SuppressionKeyError(
            "SUPPRESSION_KEY is not the key that the suppression list was written with"
        )


def suppression_key(address: str, hashes: AddressHashes) -> Item:
    """Return the key of a suppressed address. It ignores letter case."""
    return {"pk": f"{SUPPRESSION}#{hashes.of_address(address)}", "sk": SUPPRESSION}


def suppression_item(suppression: Suppression, hashes: AddressHashes) -> Item:
    """Return the item of a suppressed address."""
    return without_none(
        {
            **suppression_key(suppression.address, hashes),
            "address": None if suppression.is_erased else suppression.address,
            "reason": suppression.reason,
            "at": suppression.at.isoformat(),
            "period": PERIOD,
            "email_id": None if suppression.is_erased else suppression.email_id,
            "is_erased": suppression.is_erased or None,
        }
    )


def read_suppression(item: Attributes, address: str = "") -> Suppression:
    """Return the suppression of an item. The item of an erased address does not have it."""
    return Suppression(
        address=item.get("address", address),
        is_erased=item.get("is_erased", False),
        reason=item["reason"],
        at=datetime.fromisoformat(item["at"]),
        email_id=item.get("email_id"),
    )
