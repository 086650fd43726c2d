"""Pointers: the items by which an email is found by each of its several recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from email_store.dynamodb.table import email_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from email_store.claims import SendUnit
    from email_store.dynamodb.table import Item, Table

__all__ = ["point_to", "pointer_key"]

POINTER = "TO#"


def point_to(
    table: Table,
    unit: SendUnit,
    addresses: Iterable[str],
    *,
    at: str,
    expires_at: int,
    is_new: bool,
) -> None:
    """Write a pointer for each recipient of a unit, if there is none yet.

    Args:
        table: the table.
        unit: an email with several recipients, or a chunk.
        addresses: the recipients.
        at: the time of the request. It stays, and tells the email from an earlier one with its id.
        expires_at: when DynamoDB may delete the pointers, in epoch seconds.
        is_new: the unit is new. Then no pointer is read before.
    """
    chunk = {} if unit.chunk is None else {"chunk": unit.chunk}
    people = sorted({address.lower() for address in addresses})
    pointers = {
        person: pointer_key(unit.email_id, person)
        | {"recipient": person, "at": at, "expires_at": expires_at}
        | chunk
        for person in people
    }
    if not is_new:
        keys = (pointer_key(unit.email_id, person) for person in people)
        for present in table.get_many(keys):
            if present == pointers[present["recipient"]]:
                del pointers[present["recipient"]]
    table.put_many(pointers.values())


def pointer_key(email_id: str, address: str) -> Item:
    """Return the key of the pointer of one recipient. It ignores letter case."""
    return email_key(email_id, f"{POINTER}{address.lower()}")
