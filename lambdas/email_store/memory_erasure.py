"""Erases a person in the email store in memory."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from email_store.address_hashes import AddressHashes
from email_store.claims import Claim, SendUnit, UnitState, epoch_seconds
from email_store.erasure import (
    WRITERS_SECONDS,
    Erasure,
    Forget,
    ToForget,
    erase_record,
    erase_results,
    erased_by_record,
    hide,
    is_final,
    is_only_recipient,
    named_addresses,
    recognised,
)
from email_store.person import Person
from email_store.records import ErasedAddress

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from email_store.claims import Results
    from email_store.erasure import Pseudonym
    from email_store.records import EmailRecord, EventRecord, RecipientRecord, Repeat, Suppression

__all__ = ["MemoryErasure"]

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class MemoryErasure:
    """Erases in the dictionaries of the store, which locks them."""

    records: dict[str, EmailRecord]
    units: dict[SendUnit, UnitState]
    recipients: dict[tuple[str, str], RecipientRecord]
    events: dict[tuple[str, str], EventRecord]
    suppressions: dict[str, Suppression]
    """By the hash of the address."""
    repeats: Counter[tuple[str, Repeat]]
    by_people: set[tuple[str, Repeat]]
    hashes: AddressHashes = field(default_factory=lambda: AddressHashes(secrets.token_bytes(32)))
    _erased_at: dict[str, datetime] = field(default_factory=dict)
    _looks_again_at: dict[str, datetime] = field(default_factory=dict)
    _looks_again_for: dict[str, list[str]] = field(default_factory=dict)

    def hide(self, unit: SendUnit, results: Results) -> Results:
        """Return results with the pseudonyms of the erased recipients of an email."""
        return hide(results, self._erased_in(unit.email_id), self.pseudonym(unit.email_id))

    def recognised(self, claim: Claim, addresses: Collection[str]) -> Claim:
        """Return the claim of a request that may name erased recipients."""
        email_id = claim.unit.email_id
        return recognised(claim, addresses, self._erased_in(email_id), self.pseudonym(email_id))

    def erased(self, email_id: str, events: Collection[EventRecord]) -> Mapping[str, ErasedAddress]:
        """Return the erased addresses in the events of an email."""
        addresses, pseudonym = named_addresses(events), self.pseudonym(email_id)
        if email_id in self.records:
            return erased_by_record(self._erased_in(email_id), addresses, pseudonym)
        times = {each: self._erased_at.get(self.hashes.of_address(each)) for each in addresses}
        return {each: ErasedAddress(pseudonym(each), at) for each, at in times.items() if at}

    def suppress(self, suppression: Suppression) -> None:
        """Put an address on the list, or renew its reason. An erased entry stays without it."""
        key = self.hashes.of_address(suppression.address)
        stored = self.suppressions.get(key)
        if suppression.is_erased or (stored and stored.is_erased):
            suppression = replace(suppression, address="", email_id=None, is_erased=True)
        if stored is None or suppression.replaces(stored):
            self.suppressions[key] = suppression

    def erase(self, address: str, now: datetime, forget: Forget) -> Erasure:
        """Erase all at once, and ask for a second look."""
        person, key = Person(address), self.hashes.of_address(address)
        self._erased_at[key] = now
        counts: Counter[str] = Counter()
        email_ids = self._emails_of(person)
        for email_id in email_ids:
            self._erase_email(email_id, person, now, forget, counts)
        stored = self.suppressions.get(key)
        if stored is not None and not stored.is_erased:
            hidden = replace(stored, address="", email_id=None, is_erased=True)
            self.suppressions[key] = hidden
            counts["suppressions"] += 1
        if email_ids:
            self._looks_again_at[key] = now + timedelta(seconds=WRITERS_SECONDS)
            self._looks_again_for.setdefault(key, []).extend(email_ids)
        waits_until = self._looks_again_at.get(key, BEGINNING)
        if waits_until > now:
            return Erasure.of(counts, waits_until)
        for email_id in self._looks_again_for.pop(key, []):
            counts["contents"] += self._forget(email_id, person, forget)
        return Erasure.of(counts, None)

    def pseudonym(self, email_id: str) -> Pseudonym:
        """Return the function that gives the pseudonyms of an email."""
        return partial(self.hashes.pseudonym, email_id)

    def _erased_in(self, email_id: str) -> tuple[str, ...]:
        unit = self.units.get(SendUnit(email_id))
        return unit.erased if unit else ()

    def _emails_of(self, person: Person) -> list[str]:
        owners = [
            unit.email_id
            for unit, state in self.units.items()
            if any(map(person.has_address, state.results))
        ]
        owners += [owner for owner, address in self.recipients if person.has_address(address)]
        return list(dict.fromkeys(owners))

    def _erase_email(
        self, email_id: str, person: Person, now: datetime, forget: Forget, counts: Counter[str]
    ) -> None:
        counts["emails"] += 1
        counts["contents"] += self._forget(email_id, person, forget)
        if email_id in self.records:
            self.records[email_id] = erase_record(
                self.records[email_id],
                person,
                self.pseudonym(email_id),
                is_only=self._is_only(email_id, person),
            )
        names = {a for u, s in self.units.items() if u.email_id == email_id for a in s.results}
        erased_names = [
            self.hashes.pseudonym(email_id, name)
            for name in sorted({*filter(person.has_address, names), person.address})
        ]
        for unit in [unit for unit in self.units if unit.email_id == email_id]:
            self._erase_unit(unit, person, erased_names, now, counts)
        self._erase_reports(email_id, person, counts)

    def _forget(self, email_id: str, person: Person, forget: Forget) -> int:
        whole, record = self.units.get(SendUnit(email_id)), self.records.get(email_id)
        if whole is None or record is None:
            return 0
        record = replace(record, kept=whole.kept)
        return forget(ToForget(email_id, record, whole, self._is_only(email_id, person)))

    def _is_only(self, email_id: str, person: Person) -> bool:
        unit = self.units[SendUnit(email_id)]
        is_large = self.records[email_id].chunk_count > 0
        return not is_large and is_only_recipient(unit.results, person, unit.erased)

    def _erase_unit(
        self,
        unit: SendUnit,
        person: Person,
        names: Collection[str],
        now: datetime,
        counts: Counter[str],
    ) -> None:
        state, record = self.units[unit], self.records.get(unit.email_id)
        counts["recipients"] += sum(map(person.has_address, state.results))
        results = erase_results(state.results, person, self.pseudonym(unit.email_id))
        erased = tuple(dict.fromkeys((*state.erased, *names)))
        is_free = state.lease_until <= epoch_seconds(now) and not state.is_settled
        is_whole = record is not None and not record.chunk_count
        if is_free and is_whole and results and is_final(results):
            is_canceled = state.is_waiting
            self.records[unit.email_id] = replace(
                self.records[unit.email_id], is_canceled=is_canceled
            )
            state = replace(state, is_settled=True, is_canceled=is_canceled)
        kept = None if is_whole else state.kept
        self.units[unit] = replace(state, results=results, erased=erased, kept=kept)

    def _erase_reports(self, email_id: str, person: Person, counts: Counter[str]) -> None:
        for key, recipient in list(self.recipients.items()):
            if key[0] == email_id and person.has_address(recipient.address):
                name = self.hashes.pseudonym(email_id, recipient.address)
                nameless = replace(recipient, address=name, message_id=None, error_message=None)
                present = self.recipients.get((email_id, name))
                if present is None or present.state.rank < nameless.state.rank:
                    self.recipients[email_id, name] = nameless
                del self.recipients[key]
                counts["recipients"] += email_id not in self.records
            elif key[0] == email_id and person.is_named_in(recipient.error_message or ""):
                self.recipients[key] = replace(recipient, error_message=None)
        for owner, repeat in list(self.repeats):
            if owner == email_id and person.has_address(repeat.recipient or ""):
                del self.repeats[owner, repeat]
                self.by_people.discard((owner, repeat))
        for key, event in list(self.events.items()):
            if key[0] != email_id:
                continue
            if person.has_address(event.recipient or ""):
                del self.events[key]
                counts["events"] += 1
            elif person.is_named_by(event.raw) or person.is_named_by(event.details):
                details = person.without(event.details)
                self.events[key] = replace(event, details=details, raw={})
                counts["events"] += 1
