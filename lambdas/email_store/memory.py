"""MemoryEmailStore: the store in a process's memory, for tests and for trying things out."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from email_store.claims import (
    Claim,
    ClaimStatus,
    Results,
    SendUnit,
    UnitState,
    claim_conflict,
    epoch_seconds,
    mark_accepted_from_events,
    queued,
)
from email_store.records import (
    EmailRecord,
    EventRecord,
    KnownEvents,
    RecipientRecord,
    Suppression,
)
from email_store.view import EmailView, view

__all__ = ["MemoryEmailStore"]


class MemoryEmailStore:
    """An EmailStore that forgets everything with the process, and nothing before: none expires."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._records: dict[str, EmailRecord] = {}
        self._parts: dict[SendUnit, UnitState] = {}
        self._recipients: dict[tuple[str, str], RecipientRecord] = {}
        self._events: dict[tuple[str, str], EventRecord] = {}
        self._suppressions: dict[str, Suppression] = {}

    def claim(
        self,
        record: EmailRecord,
        part: SendUnit,
        addresses: Collection[str],
        *,
        now: datetime,
        lease_seconds: int,
    ) -> Claim:
        """See EmailStore."""
        with self._lock:
            claim = self._open(record, part, addresses, now)
            if claim.status is not ClaimStatus.CLAIMED:
                return claim
            known = self._parts[part]
            shown = known
            if known.attempt:
                shown = mark_accepted_from_events(known, self._recipients_of(part.email_id))
            claimed = self._parts[part] = replace(
                known,
                attempt=known.attempt + 1,
                lease_until=int(now.timestamp()) + lease_seconds,
            )
            return replace(claimed, results=shown.results).answer(part, ClaimStatus.CLAIMED)

    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        """See EmailStore."""
        with self._lock:
            return self._open(record, SendUnit(record.email_id), addresses, record.created_at)

    def settle(self, claim: Claim, results: Results) -> bool:
        """See EmailStore."""
        return self._give_back(claim, results, is_settled=True)

    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        """See EmailStore."""
        return self._give_back(claim, results, is_settled=False, held_until=held_until)

    def reject(self, record: EmailRecord) -> bool:
        """See EmailStore."""
        with self._lock:
            part = SendUnit(record.email_id)
            known = self._parts.get(part)
            if known is not None and not known.is_rejection:
                return False
            self._records[record.email_id] = record
            self._parts[part] = UnitState(
                record.fingerprint, {}, record.created_at, is_settled=True
            )
            return True

    def suppressed(self, addresses: Collection[str]) -> set[str]:
        """See EmailStore."""
        return {one for one in addresses if one.lower() in self._suppressions}

    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        """See EmailStore."""
        known = (one.event_id for one in events if (email_id, one.event_id) in self._events)
        return KnownEvents(frozenset(known), self._records.get(email_id))

    def add_event(self, event: EventRecord, *, now: datetime) -> bool:  # noqa: ARG002 - no expiry here
        """See EmailStore."""
        with self._lock:
            key = (event.email_id, event.event_id)
            return self._events.setdefault(key, event) is event

    def advance_recipient(self, recipient: RecipientRecord, *, now: datetime) -> bool:  # noqa: ARG002
        """See EmailStore."""
        with self._lock:
            key = (recipient.email_id, recipient.address)
            known = self._recipients.get(key)
            if known is not None and recipient.state.rank <= known.state.rank:
                return False
            self._recipients[key] = recipient
            return True

    def suppress(self, suppression: Suppression) -> None:
        """See EmailStore."""
        with self._lock:
            address = suppression.address.lower()
            known = self._suppressions.get(address)
            if known is None or suppression.replaces(known):
                self._suppressions[address] = suppression

    def suppression(self, address: str) -> Suppression | None:
        """See EmailStore."""
        return self._suppressions.get(address.lower())

    def unsuppress(self, address: str) -> bool:
        """See EmailStore."""
        return self._suppressions.pop(address.lower(), None) is not None

    def load(self, email_id: str) -> EmailView | None:
        """See EmailStore."""
        with self._lock:
            record = self._records.get(email_id)
            parts = [state for part, state in self._parts.items() if part.email_id == email_id]
            recipients = self._recipients_of(email_id)
            events = [one for (owner, _), one in self._events.items() if owner == email_id]
            if not (parts or recipients or events):
                return None
            return view(email_id, record, parts, recipients, events)

    def _open(
        self, record: EmailRecord, part: SendUnit, addresses: Collection[str], now: datetime
    ) -> Claim:
        known = self._parts.get(part)
        if known is None or known.is_rejection:
            known = self._parts[part] = UnitState(
                record.fingerprint, queued(addresses), record.created_at
            )
            if part.chunk is None:
                self._records[record.email_id] = record
        outcome = claim_conflict(known, record.fingerprint, now.timestamp()) or ClaimStatus.CLAIMED
        return known.answer(part, outcome)

    def _give_back(
        self,
        claim: Claim,
        results: Results,
        *,
        is_settled: bool,
        held_until: datetime | None = None,
    ) -> bool:
        with self._lock:
            known = self._parts[claim.part]
            if known.attempt != claim.attempt:
                return False
            self._parts[claim.part] = replace(
                known,
                results=dict(results),
                lease_until=epoch_seconds(held_until),
                is_settled=is_settled,
            )
            return True

    def _recipients_of(self, email_id: str) -> list[RecipientRecord]:
        return [one for (owner, _), one in self._recipients.items() if owner == email_id]
