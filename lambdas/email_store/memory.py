"""MemoryEmailStore: the email store in the memory of a process, for tests and experiments."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from amsdal_mail.status import SendState
from email_store.claims import (
    CLOCK_SKEW,
    Claim,
    ClaimStatus,
    SendUnit,
    UnitState,
    canceled,
    claim_conflict,
    epoch_seconds,
    mark_accepted_from_events,
    queued,
    rejected,
)
from email_store.memory_erasure import MemoryErasure
from email_store.memory_search import MemorySource
from email_store.rate_note import RateNote
from email_store.records import (
    EmailRecord,
    EventRecord,
    KnownEvents,
    RecipientRecord,
    Repeat,
    Suppression,
    TemplateVersion,
)
from email_store.search import EmailPage, EmailQuery, Position, SuppressionPage
from email_store.search_page import find_page
from email_store.store import EmailStore
from email_store.view import EmailView, Page, build_view

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from email_store.claims import Results
    from email_store.erasure import Erasure, Forget

__all__ = ["MemoryEmailStore"]


class MemoryEmailStore(EmailStore):
    """An email store that lives as long as its process. Nothing in it expires.

    The search does not go back further than `retention`, as in a table.
    """

    @override
    def __init__(self, retention: timedelta = timedelta(days=30)) -> None:
        self._retention = retention
        self._lock = threading.RLock()
        self._records: dict[str, EmailRecord] = {}
        self._units: dict[SendUnit, UnitState] = {}
        self._recipients: dict[tuple[str, str], RecipientRecord] = {}
        self._events: dict[tuple[str, str], EventRecord] = {}
        self._suppressions: dict[str, Suppression] = {}
        self._note = RateNote()
        self.templates: dict[str, TemplateVersion] = {}
        self._repeats: Counter[tuple[str, Repeat]] = Counter()
        self._by_people: set[tuple[str, Repeat]] = set()
        self._erasure = MemoryErasure(
            self._records,
            self._units,
            self._recipients,
            self._events,
            self._suppressions,
            self._repeats,
            self._by_people,
        )

    @override
    def claim(
        self,
        record: EmailRecord,
        unit: SendUnit,
        addresses: Collection[str],
        *,
        now: datetime,
        lease_seconds: int,
    ) -> Claim:
        with self._lock:
            claim = self._open(record, unit, addresses, now)
            if claim.status is not ClaimStatus.CLAIMED:
                return self._erasure.recognised(claim, addresses)
            state = self._units[unit]
            updated = state
            if state.attempt:
                updated = mark_accepted_from_events(state, self._recipients_of(unit.email_id))
            claimed = self._units[unit] = replace(
                state,
                attempt=state.attempt + 1,
                lease_until=int(now.timestamp()) + lease_seconds,
            )
            claim = replace(claimed, results=updated.results).to_claim(unit, ClaimStatus.CLAIMED)
            return self._erasure.recognised(claim, addresses)

    @override
    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        with self._lock:
            claim = self._open(record, SendUnit(record.email_id), addresses, record.created_at)
            return self._erasure.recognised(claim, addresses)

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        return self._end_lease(claim, results, is_settled=True)

    @override
    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        return self._end_lease(claim, results, is_settled=False, held_until=held_until)

    @override
    def note_kept(self, claim: Claim) -> bool:
        with self._lock:
            stored = self._units.get(claim.unit)
            if stored is None or stored.erased:
                return False
            self._units[claim.unit] = replace(stored, kept=claim.kept)
            return True

    @override
    def reject(self, record: EmailRecord, addresses: Collection[str] = ()) -> bool:
        with self._lock:
            unit = SendUnit(record.email_id)
            stored = self._units.get(unit)
            if stored is not None and not stored.is_rejection:
                return False
            self._records[record.email_id] = record
            self._units[unit] = UnitState(
                record.fingerprint, rejected(addresses), record.created_at, is_settled=True
            )
            return True

    @override
    def find_unit(self, email_id: str) -> UnitState | None:
        return self._units.get(SendUnit(email_id))

    @override
    def move(self, email_id: str, found: UnitState, send_at: datetime, *, now: datetime) -> bool:
        with self._lock:
            unit = SendUnit(email_id)
            stored = self._units[unit]
            if not stored.is_waiting or stored.generation != found.generation:
                return False
            self._records[email_id] = replace(self._records[email_id], send_at=send_at)
            self._units[unit] = replace(stored, send_at=send_at, generation=found.generation + 1)
            return True

    @override
    def cancel(self, email_id: str, found: UnitState) -> bool:
        with self._lock:
            unit = SendUnit(email_id)
            stored = self._units[unit]
            if not stored.is_waiting or stored.erased != found.erased:
                return False
            self._records[email_id] = replace(self._records[email_id], is_canceled=True)
            results = canceled(found.results)
            self._units[unit] = replace(stored, results=results, is_settled=True, is_canceled=True)
            return True

    @override
    def suppressed(self, addresses: Collection[str]) -> set[str]:
        return {address for address in addresses if self.suppression(address)}

    @override
    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        return self.suppressed(addresses), self._note

    @override
    def suppressed_and_template(
        self, addresses: Collection[str], template_id: str, *, with_note: bool
    ) -> tuple[set[str], TemplateVersion | None, RateNote | None]:
        note = self._note if with_note else None
        return self.suppressed(addresses), self.templates.get(template_id), note

    @override
    def count_transactional(self, recipients: int) -> None:
        with self._lock:
            count = self._note.transactional_count + recipients
            self._note = replace(self._note, transactional_count=count)

    @override
    def mark_bulk(self, since: float, until: float) -> None:
        with self._lock:
            self._note = replace(self._note, bulk_since=since, bulk_until=until)

    @override
    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        ids = (event.event_id for event in events)
        present = frozenset(event_id for event_id in ids if (email_id, event_id) in self._events)
        repeats = {
            event.repeat: self._repeats[email_id, event.repeat] for event in events if event.repeat
        }
        unit = self._units.get(SendUnit(email_id))
        accepted = {
            address: status.message_id
            for address, status in (unit.results.items() if unit else ())
            if status.state is SendState.ACCEPTED
        }
        erased = self._erasure.erased(email_id, events)
        return KnownEvents(present, self._records.get(email_id), repeats, accepted, erased)

    @override
    def count_repeat(
        self,
        email_id: str,
        repeat: Repeat,
        *,
        now: datetime,
        record: EmailRecord | None = None,
        is_by_machine: bool = False,
    ) -> bool:
        with self._lock:
            self._repeats[email_id, repeat] += 1
            if is_by_machine or (email_id, repeat) in self._by_people:
                return False
            self._by_people.add((email_id, repeat))
            return True

    @override
    def add_event(
        self, event: EventRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        with self._lock:
            key = (event.email_id, event.event_id)
            return self._events.setdefault(key, event) is event

    @override
    def advance_recipient(
        self, recipient: RecipientRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        with self._lock:
            if record and record.chunk_count and recipient.at < record.created_at - CLOCK_SKEW:
                return False
            key = (recipient.email_id, recipient.address)
            stored = self._recipients.get(key)
            if stored is not None and recipient.state.rank <= stored.state.rank:
                return False
            self._recipients[key] = recipient
            return True

    @override
    def suppress(self, suppression: Suppression) -> None:
        with self._lock:
            self._erasure.suppress(suppression)

    @override
    def suppression(self, address: str) -> Suppression | None:
        entry = self._suppressions.get(self._erasure.hashes.of_address(address))
        return replace(entry, address=address) if entry and entry.is_erased else entry

    @override
    def list_suppressions(self, *, limit: int, after: Position | None = None) -> SuppressionPage:
        entries = {
            Position(entry.at, address, "SUPPRESSION"): entry
            for address, entry in list(self._suppressions.items())
        }
        entries = {at: entry for at, entry in entries.items() if after is None or at < after}
        newest = sorted(entries, reverse=True)
        return SuppressionPage(
            [entries[position] for position in newest[:limit]],
            newest[limit - 1] if len(newest) > limit else None,
        )

    @override
    def find_emails(
        self, query: EmailQuery, *, now: datetime, limit: int, position: Position | None = None
    ) -> EmailPage:
        with self._lock:
            source = MemorySource(self._retention, self._records, self._units, self._recipients)
            return find_page(source, query, now=now, limit=limit, position=position)

    @override
    def unsuppress(self, address: str) -> bool:
        key = self._erasure.hashes.of_address(address)
        return self._suppressions.pop(key, None) is not None

    @override
    def erase(self, address: str, *, now: datetime, forget: Forget) -> Erasure:
        with self._lock:
            return self._erasure.erase(address, now, forget)

    @override
    def load(self, email_id: str, *, recipients_after: str = "") -> EmailView | None:
        with self._lock:
            record = self._records.get(email_id)
            if record is not None:
                whole = self._units[SendUnit(email_id)]
                record = replace(record, is_scheduled=whole.is_scheduled, kept=whole.kept)
            units = [state for unit, state in self._units.items() if unit.email_id == email_id]
            recipients = self._recipients_of(email_id)
            events = [event for (owner, _), event in self._events.items() if owner == email_id]
            if not (units or recipients or events):
                return None
            counts = {
                repeat: count
                for (owner, repeat), count in self._repeats.items()
                if owner == email_id
            }
            view = build_view(email_id, record, units, recipients, events, counts)
            return _page(view, recipients_after) if record and record.chunk_count else view

    def _open(
        self, record: EmailRecord, unit: SendUnit, addresses: Collection[str], now: datetime
    ) -> Claim:
        stored = self._units.get(unit)
        if stored is None or stored.is_rejection:
            stored = self._units[unit] = UnitState(
                record.fingerprint,
                queued(addresses, record),
                record.created_at,
                send_at=record.send_at,
                generation=1 if record.send_at else 0,
                expires_at=record.expires_at,
                content=record.content,
                recipient_count=record.recipient_count,
                stream=record.stream,
            )
            if unit.chunk is None:
                self._records[record.email_id] = record
        status = claim_conflict(stored, record.fingerprint, now.timestamp()) or ClaimStatus.CLAIMED
        return stored.to_claim(unit, status)

    def _end_lease(
        self,
        claim: Claim,
        results: Results,
        *,
        is_settled: bool,
        held_until: datetime | None = None,
    ) -> bool:
        with self._lock:
            stored = self._units[claim.unit]
            if stored.attempt != claim.attempt:
                return False
            self._units[claim.unit] = replace(
                stored,
                results=dict(self._erasure.hide(claim.unit, results)),
                lease_until=epoch_seconds(held_until),
                is_settled=is_settled,
                kept=None if stored.erased and results else claim.kept,
            )
            record = self._records.get(claim.unit.email_id)
            if record is not None and claim.template_version:
                record = replace(record, template_version=claim.template_version)
                self._records[record.email_id] = record
            return True

    def _recipients_of(self, email_id: str) -> list[RecipientRecord]:
        return [record for (owner, _), record in self._recipients.items() if owner == email_id]


def _page(view: EmailView, after: str) -> EmailView:
    ordered = sorted(view.recipients, key=lambda recipient: recipient.address)
    page = Page.of([recipient for recipient in ordered if recipient.address > after])
    return replace(view, recipients=tuple(page.recipients), recipients_next=page.next_after)
