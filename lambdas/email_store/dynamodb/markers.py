"""Markers: what says that a person was erased, for events of mail without a record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.table import Attributes, Item

__all__ = ["marker_key", "read_markers"]

MARKER = "ERASED"


def marker_key(address: str, hashes: AddressHashes) -> Item:
    """Return the key of the marker of a person."""
    return {"pk": f"{MARKER}#{hashes.of_address(address)}", "sk": MARKER}


def read_markers(
    items: Iterable[Attributes], addresses: Iterable[str], hashes: AddressHashes
) -> Mapping[str, datetime]:
    """Return until when mail to the addresses is erased, of those that have a marker."""
    times = {
        item["pk"]: datetime.fromisoformat(item["at"]) for item in items if item["sk"] == MARKER
    }
    keys = {address: marker_key(address, hashes)["pk"] for address in addresses}
    return {address: times[key] for address, key in keys.items() if key in times}
