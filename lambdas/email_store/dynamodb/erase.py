"""Eraser: forgets a person in the table, in steps that may end anywhere and are repeated.

The entries of the index by recipient are the work. An entry leaves the address last, when all
that it led to is erased, and goes under the hash of the address. From there it leads once more to
the same items: a worker that read an email before may have written the address afterwards.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from email_store.claims import SendUnit, epoch_seconds
from email_store.dynamodb.erased_items import (
    erase_event,
    erase_recipient,
    erase_unit,
    is_about,
)
from email_store.dynamodb.erased_recipients import rename_recipient
from email_store.dynamodb.events import EVENT, RECIPIENT, REPEAT
from email_store.dynamodb.markers import marker_key
from email_store.dynamodb.pointers import POINTER, pointer_key
from email_store.dynamodb.search import BY_RECIPIENT, index_page
from email_store.dynamodb.suppressions import suppression_key
from email_store.dynamodb.table import ItemUpdate, email_key
from email_store.dynamodb.unit_items import CHUNK, read_email, read_unit, unit_key
from email_store.erasure import WRITERS_SECONDS, Erasure, Forget, ToForget, is_only_recipient
from email_store.store import StoreError

if TYPE_CHECKING:
    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.table import Attributes, Item, Table
    from email_store.erasure import Pseudonym
    from email_store.person import Person

__all__ = ["Eraser"]

ENTRIES = 100
"""Entries of the index that one call looks at."""
WORK = 20_000
"""What one call may do, some seconds of work. An item that is read counts as 1."""
WRITE = 10
"""What a write counts as."""
PAGE = 1_000
BEGINNING = datetime.min.replace(tzinfo=UTC)
TRIES = 8
"""How often the change of a unit is tried while workers change the unit."""
MARKER_TIME = timedelta(days=365)
"""How much longer than an email the marker of an erased person stays, for late events."""


@dataclass(slots=True)
class Eraser:
    """One call for one person."""

    table: Table
    hashes: AddressHashes
    person: Person
    retention: timedelta
    now: datetime
    forget: Forget
    entries: int = ENTRIES
    """How many entries of the index this call may look at."""
    work: int = WORK
    """How much this call may still do. It ends after the page that exceeds it."""
    page: int = PAGE
    """How many items of an email are read at once."""
    _counts: Counter[str] = field(default_factory=Counter, init=False)
    _looks_again_at: datetime = field(default=BEGINNING, init=False)

    def run(self) -> Erasure:
        """Erase as much as one call may, and say whether another one is needed.

        The first calls erase, and leave entries under the hash. When nothing is left under the
        address, and no worker can still write what it read before, a call looks again.
        """
        self._leave_marker()
        has_more = self._look(self.person.address.lower(), is_second_look=False)
        self._hide_suppression()
        if has_more or self._looks_again_at > self.now:
            waits_until = None if has_more else self._looks_again_at
            return Erasure.of(self._counts, waits_until, has_more=has_more)
        has_more = self._look(self._hash, is_second_look=True)
        return Erasure.of(self._counts, None, has_more=has_more)

    @property
    def _hash(self) -> str:
        """The partition of the index for entries that were erased once."""
        partition: str = self._marker["pk"]
        return partition

    def _look(self, partition: str, *, is_second_look: bool) -> bool:
        """Erase what the entries of the index lead to. Return whether there is more."""
        entries, has_more = index_page(self.table, BY_RECIPIENT, partition, self.entries)
        for number, entry in enumerate(entries):
            if number and self.work <= 0:  # Each call does something.
                return True
            has_more |= not self._erase(entry, is_second_look=is_second_look)
        return has_more

    def _leave_marker(self) -> None:
        """Let later events of mail up to now find that the person is erased.

        The marker also has the time of the second look: it is read consistently, and entries of an
        index appear a little later.
        """
        sets = {
            "at": self.now.isoformat(),
            "expires_at": epoch_seconds(self.now + self.retention + MARKER_TIME),
        }
        marker = self._update(self._marker, ItemUpdate(sets=sets))
        self._looks_again_at = datetime.fromtimestamp(int(marker.get("looks_again_at", 0)), UTC)

    def _look_again_later(self) -> None:
        """Put the second look off, before anything of the first one is written."""
        at = self.now + timedelta(seconds=WRITERS_SECONDS)
        if at > self._looks_again_at:
            self._update(self._marker, ItemUpdate(sets={"looks_again_at": epoch_seconds(at)}))
            self._looks_again_at = at

    @property
    def _marker(self) -> Item:
        return marker_key(self.person.address, self.hashes)

    def _erase(self, entry: Attributes, *, is_second_look: bool = False) -> bool:
        """Erase what an entry leads to. Return False when a part of it is left for another call."""
        email_id = entry["pk"].removeprefix(email_key("", "")["pk"])
        pseudonym = partial(self.hashes.pseudonym, email_id)
        own = {name: entry[name] for name in ("pk", "sk")}
        found = self.table.get_many([unit_key(SendUnit(email_id)), own])
        items = {item["sk"]: item for item in found}
        email, work = items.get(unit_key(SendUnit(email_id))["sk"]), items.get(entry["sk"], {})
        if work.get("recipient") != entry["recipient"]:
            return True  # The index is a little late: the entry was moved already.
        if not is_second_look:
            self._look_again_later()
            self._counts["emails"] += 1
        if email is not None:
            self._forget_outside(email_id, email)
            self._erase_units(email_id, work.get("chunk"), pseudonym)
        position = self._sweep(entry["pk"], work.get("position", ""), pseudonym)
        if position is not None:
            update = ItemUpdate(sets={"position": position}, condition="attribute_exists(pk)")
            self._update(own, update)
            return False
        self._move_on(own, work, pseudonym, is_second_look=is_second_look)
        return True

    def _forget_outside(self, email_id: str, email: Attributes) -> None:
        record, unit = read_email(email), read_unit(email)
        only = self._is_only(email)
        self._counts["contents"] += self.forget(ToForget(email_id, record, unit, only))

    def _is_only(self, email: Attributes) -> bool:
        unit, is_large = read_unit(email), bool(email["chunk_count"])
        return not is_large and is_only_recipient(
            unit.results, self.person, email.get("erased", ())
        )

    def _erase_units(self, email_id: str, chunk: int | None, pseudonym: Pseudonym) -> None:
        """Erase the person in an email, and in its chunk: first where all its workers look."""
        keys = [unit_key(SendUnit(email_id))]
        if chunk is not None:
            keys.append(unit_key(SendUnit(email_id, chunk)))
        names = {self.person.address, self.person.address.lower()}
        for item in self.table.get_many(keys):
            names |= {each for each in item["results"] if self.person.has_address(each)}
        for key in keys:
            self._erase_unit(key, sorted(map(pseudonym, names)), pseudonym)

    def _erase_unit(self, key: Item, names: list[str], pseudonym: Pseudonym) -> None:
        for _ in range(TRIES):
            (item, *_) = (*self.table.get_many([key]), None)
            if item is None:
                return
            only = "email_id" in item and self._is_only(item)
            change = erase_unit(item, self.person, pseudonym, names, self.now, is_only=only)
            if change is None:
                return
            self.work -= WRITE
            if self.table.update(key, change.update).is_done:
                self._counts["recipients"] += change.recipients
                return
        raise StoreError(f"workers changed the email {TRIES} times meanwhile")

    def _sweep(self, partition: str, position: str, pseudonym: Pseudonym) -> str | None:
        """Erase the other items of an email. Return the sort key that was reached, or None."""
        while True:
            items, last = self.table.page(partition, position, self.page)
            self.work -= len(items)
            for item in items:
                self._clean(item, pseudonym)
            if last is None:
                return None
            if self.work <= 0:
                return last
            position = last

    def _clean(self, item: Attributes, pseudonym: Pseudonym) -> None:
        kind = item["sk"].partition("#")[0] + "#"
        key = {name: item[name] for name in ("pk", "sk")}
        if kind == CHUNK:
            if any(map(self.person.has_address, item["results"])):
                names = [pseudonym(a) for a in item["results"] if self.person.has_address(a)]
                self._erase_unit(key, names, pseudonym)
        elif kind == RECIPIENT and is_about(item, self.person):
            self.work -= WRITE
            rename_recipient(self.table, item, pseudonym, self._hash)
            self._counts["recipients"] += "recipient" in item  # of mail without a record
        elif kind in {REPEAT, EVENT} and is_about(item, self.person):
            self.work -= WRITE
            self._counts["events"] += self.table.delete(key) and kind == EVENT
        elif kind == RECIPIENT and (update := erase_recipient(item, self.person)):
            self._update(key, update)
        elif kind == EVENT and (event := erase_event(item, self.person)):
            self.work -= WRITE
            self._counts["events"] += self.table.put(event, "attribute_exists(pk)")

    def _move_on(
        self, own: Item, work: Attributes, pseudonym: Pseudonym, *, is_second_look: bool
    ) -> None:
        """Move an entry under the hash of the address; after the second look, out of it."""
        if own["sk"].startswith(POINTER):
            self._move_pointer(own, work, pseudonym, is_second_look=is_second_look)
            return
        if own["sk"].startswith(RECIPIENT) and not is_second_look:
            return  # It was renamed.
        # The attribute stays: a claim would add one that is missing.
        name = pseudonym(self.person.address) if is_second_look else self._hash
        update = ItemUpdate(
            sets={"recipient": name},
            removes=("position",),
            condition="recipient = :recipient",
            condition_values={"recipient": work["recipient"]},
        )
        self._update(own, update)

    def _move_pointer(
        self, own: Item, work: Attributes, pseudonym: Pseudonym, *, is_second_look: bool
    ) -> None:
        if not is_second_look and work:
            name = pseudonym(self.person.address)
            moved = {attribute: work[attribute] for attribute in work if attribute != "position"}
            email_id = own["pk"].removeprefix(email_key("", "")["pk"])
            self.table.put({**moved, **pointer_key(email_id, name), "recipient": self._hash})
        self.table.delete(own)
        self.work -= 2 * WRITE

    def _hide_suppression(self) -> None:
        update = ItemUpdate(
            sets={"is_erased": True},
            removes=("address", "email_id"),
            condition="attribute_exists(address)",
        )
        written = self.table.update(suppression_key(self.person.address, self.hashes), update)
        self._counts["suppressions"] += written.is_done

    def _update(self, key: Item, update: ItemUpdate) -> Attributes:
        self.work -= WRITE
        return self.table.update(key, update).item
