"""Erased items: what becomes of an item of the table when a person is erased. Pure."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, NamedTuple

from email_store.claims import Results, epoch_seconds
from email_store.dynamodb.events import RECIPIENT, REPEAT, compress
from email_store.dynamodb.table import ItemUpdate
from email_store.dynamodb.unit_items import email_item, read_email, read_unit, result_items
from email_store.dynamodb.units import same_erased
from email_store.erasure import erase_record, erase_results, is_final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from email_store.dynamodb.table import Attributes, Item
    from email_store.erasure import Pseudonym
    from email_store.person import Person

__all__ = [
    "ErasedUnit",
    "erase_event",
    "erase_recipient",
    "erase_unit",
    "is_about",
]

OF_RECORD = ("from_email", "subject", "tags", "metadata", "copies", "errors")
"""The attributes of an email that may name the person."""
KEPT = ("content_key", "content_until")
SAME_UNIT = (
    "results = :results AND attempt = :attempt AND lease_until = :lease_until"
    " AND is_settled = :is_settled AND fingerprint = :fingerprint"
)


class ErasedUnit(NamedTuple):
    """The change of a unit, if it still is as it was read."""

    update: ItemUpdate
    recipients: int
    """The number of recipients that a pseudonym replaces."""


def erase_unit(
    item: Attributes,
    person: Person,
    pseudonym: Pseudonym,
    names: Collection[str],
    now: datetime,
    *,
    is_only: bool,
) -> ErasedUnit | None:
    """Return the change of an email or a chunk; None when it is erased already.

    An email whose last recipient is erased while it waits is settled, so that no worker sends it. A
    worker that holds the lease will settle the unit itself, and finds the pseudonyms then.
    """
    unit, present = read_unit(item), tuple(item.get("erased", ()))
    results = erase_results(unit.results, person, pseudonym)
    erased = tuple(dict.fromkeys((*present, *names)))
    changes: Item = {"results": result_items(results), "erased": list(erased)}
    if "email_id" in item:
        record = erase_record(read_email(item), person, pseudonym, is_only=is_only)
        attributes = email_item(record)
        changes |= {name: attributes[name] for name in OF_RECORD if name in attributes}
        is_free = unit.lease_until <= epoch_seconds(now) and not unit.is_settled
        if is_free and results and not record.chunk_count and is_final(results):
            changes |= {"is_settled": True}
            changes |= {"is_canceled": True} if unit.is_waiting else {}
    changes = {name: value for name, value in changes.items() if item.get(name) != value}
    # The message of a large email is kept without the person, that of another one is deleted.
    removes = () if item.get("chunk_count", 1) else tuple(name for name in KEPT if name in item)
    if not (changes or removes):
        return None
    condition, values = same_erased(present)
    unchanged = ("results", "attempt", "lease_until", "is_settled", "fingerprint")
    update = ItemUpdate(
        sets=changes,
        removes=removes,
        condition=f"{SAME_UNIT} AND {condition}",
        condition_values={**{name: item[name] for name in unchanged}, **values},
    )
    return ErasedUnit(update, _count(unit.results, person))


def is_about(item: Attributes, person: Person) -> bool:
    """Return whether an item is about the person alone: a recipient, a number or an event."""
    sort_key: str = item["sk"]
    if sort_key.startswith(RECIPIENT):
        return person.has_address(sort_key.removeprefix(RECIPIENT))
    if sort_key.startswith(REPEAT):
        return person.has_address(sort_key.removeprefix(REPEAT).partition("#")[2])
    return person.has_address(item.get("address") or "")


def erase_event(item: Attributes, person: Person) -> Item | None:
    """Return the item of another event without its mention of the person; None without one.

    SES's JSON names all recipients of a message, with their names. Such JSON goes as a whole.
    """
    text = zlib.decompress(bytes(item["content"])).decode(errors="surrogatepass")
    if not person.is_named_in(text):
        return None
    content = json.loads(text)
    cleaned = {**content, "details": person.without(content["details"]), "raw": {}}
    return {**item, "content": compress(cleaned)}


def erase_recipient(item: Attributes, person: Person) -> ItemUpdate | None:
    """Return the change of another recipient whose error names the person; None without one."""
    if not person.is_named_in(item.get("error_message") or ""):
        return None
    return ItemUpdate(sets={}, removes=("error_message",), condition="attribute_exists(pk)")


def _count(results: Results, person: Person) -> int:
    return sum(map(person.has_address, results))
