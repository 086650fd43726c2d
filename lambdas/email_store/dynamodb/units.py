"""Units: emails and their chunks in the table, and the lease of each."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial
from itertools import filterfalse
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.address_hashes import is_pseudonym
from email_store.claims import (
    ClaimStatus,
    SendUnit,
    claim_conflict,
    count_results,
    epoch_seconds,
    mark_accepted_from_events,
    queued,
    rejected,
)
from email_store.dynamodb.chunks import end_counted, list_failures
from email_store.dynamodb.events import read_recipient, recipient_key
from email_store.dynamodb.pointers import point_to
from email_store.dynamodb.table import HOUR, ItemUpdate, TablePart
from email_store.dynamodb.unit_items import (
    email_item,
    kept_item,
    read_email,
    read_unit,
    result_items,
    unit_key,
)
from email_store.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from email_store.claims import Claim, Results, UnitState
    from email_store.dynamodb.table import Attributes, Item, WriteResult
    from email_store.records import EmailRecord

__all__ = ["Units", "same_erased"]

CLAIMABLE = (
    "attribute_not_exists(pk) OR"
    " (fingerprint = :fingerprint AND is_settled = :is_settled AND lease_until <= :now"
    " AND expires_at > :now AND (attribute_not_exists(send_at) OR send_at <= :now))"
)
VACANT = "attribute_not_exists(pk) OR fingerprint = :none OR expires_at <= :now"
"""An invalid request may be replaced, and so may an expired item: DynamoDB deletes it days later.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""
SAME_ATTEMPT = "attempt = :attempt"
ERASURE_TRIES = 8
SAME_EMAIL = "created_at = :created"


class Units(TablePart):
    """Conditional writes decide which worker may send an email or a chunk.

    One write a call, and one more to replace a vacant item. A chunk of a large email is settled
    and released by a transaction that changes the counts too.
    """

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
        at, lease_id = epoch_seconds(now), secrets.token_hex(8)
        lease = {"lease_until": at + lease_seconds, "lease_id": lease_id}
        new = self._new(record, unit, addresses, now)
        written = self._create_or_change(unit, new, at, lease)
        state = read_unit(written.item)
        # The SDK repeats a write whose response was lost: the present lease may be ours.
        if not written.is_done and written.item.get("lease_id") != lease_id:
            refusal = claim_conflict(state, record.fingerprint, at) or ClaimStatus.BUSY
            return self._to_claim(state, unit, refusal, addresses)
        try:
            if unit.chunk is not None or len(state.results) > 1:
                is_new = state.attempt == 1 and state.created_at == record.created_at
                self._point(unit, written.item, is_new=is_new)
            if state.attempt > 1:
                state = self._with_accepted(unit, state)
        except StoreError:
            self._give_back(unit, lease_id)
            raise
        return self._to_claim(state, unit, ClaimStatus.CLAIMED, addresses)

    @override
    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        unit, at = SendUnit(record.email_id), epoch_seconds(record.created_at)
        new = self._new(record, unit, addresses, record.created_at)
        written = self._create_or_change(unit, new, at, {})
        state = read_unit(written.item)
        refusal = claim_conflict(state, record.fingerprint, at)
        if len(state.results) > 1 and refusal in {None, ClaimStatus.SCHEDULED}:
            self._point(unit, written.item, is_new=state.created_at == record.created_at)
        return self._to_claim(state, unit, refusal or ClaimStatus.CLAIMED, addresses)

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        return self._end_lease(claim, results, lease_until=0, is_settled=True)

    @override
    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        lease_until = epoch_seconds(held_until)
        return self._end_lease(claim, results, lease_until=lease_until, is_settled=False)

    @override
    def note_kept(self, claim: Claim) -> bool:
        condition = "attribute_exists(pk) AND attribute_not_exists(erased)"
        update = ItemUpdate(condition=condition, sets=kept_item(claim.kept))
        return self.table.update(unit_key(claim.unit), update).is_done

    @override
    def reject(self, record: EmailRecord, addresses: Collection[str] = ()) -> bool:
        unit, now = SendUnit(record.email_id), record.created_at
        new = self._new(record, unit, addresses, now)
        new |= {"is_settled": True, "results": result_items(rejected(addresses))}
        values = {"none": "", "now": epoch_seconds(now)}
        if not self.table.put(unit_key(unit) | new, VACANT, values):
            return False
        self._point(unit, new, is_new=True)
        return True

    def _new(
        self, record: EmailRecord, unit: SendUnit, addresses: Collection[str], now: datetime
    ) -> Item:
        """Return the item of a unit that no worker has claimed yet, without its key."""
        at = record.created_at.isoformat()
        item = {
            "fingerprint": record.fingerprint,
            "created_at": at,
            "results": result_items(queued(addresses, record)),
            "attempt": 0,
            "lease_until": 0,
            "is_settled": False,
            "expires_at": self.expiry(max(now, record.send_at or now)),
        }
        if unit.chunk is not None:
            return item
        item |= email_item(record) | {"at": at, "period": at[:HOUR]}
        people = {address.lower() for address in addresses}
        # The indexes hold the item itself. The other recipients of several have pointers.
        return item | {"recipient": people.pop()} if len(people) == 1 else item

    def _give_back(self, unit: SendUnit, lease_id: str) -> None:
        """End a lease under which nothing was sent, so that nobody waits for its end."""
        ended = ItemUpdate(
            sets={"lease_until": 0},
            condition="lease_id = :lease_id AND is_settled = :is_settled",
            condition_values={"lease_id": lease_id, "is_settled": False},
        )
        with suppress(StoreError):
            self.table.update(unit_key(unit), ended)

    def _point(self, unit: SendUnit, item: Attributes, *, is_new: bool) -> None:
        """Make the recipients of a unit findable. An earlier call may have been cut off."""
        addresses, email = {*filterfalse(is_pseudonym, item["results"])}, None
        if unit.chunk is not None:
            email = self._large_email(unit)
            if email is None:
                return
            if unit.chunk > 1:  # the copies are recipients of each chunk
                addresses -= set(email.copies)
            if email.erased:
                name = partial(self.hashes.pseudonym, unit.email_id)
                addresses -= {address for address in addresses if name(address) in email.erased}
        elif "recipient" in item:
            return
        point_to(
            self.table,
            unit,
            addresses,
            at=email.created_at.isoformat() if email else item["created_at"],
            expires_at=self.expiry_of(email) if email else item["expires_at"],
            is_new=is_new,
        )

    def _create_or_change(self, unit: SendUnit, new: Item, now: int, lease: Item) -> WriteResult:
        """Create the unit, or take its lease if it is claimable, and replace it if it is vacant."""
        counter = {"attempt": 1} if lease else {}
        update = ItemUpdate(
            condition=CLAIMABLE,
            condition_values={"fingerprint": new["fingerprint"], "is_settled": False, "now": now},
            sets=lease,
            defaults={name: new[name] for name in new if name not in {*lease, *counter}},
            additions=counter,
        )
        written = self.table.update(unit_key(unit), update)
        if written.is_done or not _is_vacant(written.item, now):
            return written
        item = unit_key(unit) | new | lease | {"attempt": len(counter)}
        return self.table.put_or_get(item, VACANT, {"none": "", "now": now})

    def _end_lease(
        self, claim: Claim, results: Results, *, lease_until: int, is_settled: bool
    ) -> bool:
        """Change a unit whose lease is still that of the claim. A repeated call is harmless."""
        pseudonym = partial(self.hashes.pseudonym, claim.unit.email_id)
        version = {"template_version": claim.template_version} if claim.template_version else {}

        def update(erased: Collection[str], present: Collection[str] | None) -> ItemUpdate:
            """Return the update of a unit with the pseudonyms `present`, to those of `erased`."""
            kept = hidden(results, erased, pseudonym)
            condition, values = same_erased(present)
            # The erasure deleted the message, but not that of a large email, which has no results.
            is_deleted = erased and kept
            return ItemUpdate(
                condition=f"{SAME_ATTEMPT} AND {condition}",
                condition_values={"attempt": claim.attempt, **values},
                sets={
                    "results": result_items(kept),
                    "lease_until": lease_until,
                    "is_settled": is_settled,
                    **({"erased": list(erased)} if erased else {}),
                    **version,
                    **kept_item(None if is_deleted else claim.kept),
                },
            )

        email = self._large_email(claim.unit)
        if email is None:
            return self._end_whole(claim, update)
        if version and email.template_version != claim.template_version:
            same = {"created": email.created_at.isoformat()}
            noted = ItemUpdate(sets=version, condition=SAME_EMAIL, condition_values=same)
            self.table.update(unit_key(SendUnit(email.email_id)), noted)
        key, expires_at = unit_key(claim.unit), self.expiry_of(email)
        kept = hidden(results, email.erased, pseudonym)
        list_failures(self.table, email, kept, expires_at)

        def end(chunk: Attributes) -> tuple[ItemUpdate, Mapping[str, int]]:
            present = chunk.get("erased", ())
            erased = tuple(dict.fromkeys((*present, *email.erased)))
            kept = hidden(results, erased, pseudonym)
            return update(erased, present), count_results(claim.unit, kept, email.copies)

        return end_counted(self.table, key, end, email, expires_at)

    def _end_whole(
        self,
        claim: Claim,
        update: Callable[[Collection[str], Collection[str] | None], ItemUpdate],
    ) -> bool:
        """End the lease of an email, also when a recipient is erased meanwhile."""
        key, erased = unit_key(claim.unit), ()
        for _ in range(ERASURE_TRIES):
            written = self.table.update(key, update(erased, erased))
            if written.is_done or written.item.get("attempt") != claim.attempt:
                return written.is_done
            erased = tuple(written.item.get("erased", ()))
        raise StoreError(f"recipients were erased {ERASURE_TRIES} times meanwhile")

    def _to_claim(
        self, state: UnitState, unit: SendUnit, status: ClaimStatus, addresses: Collection[str]
    ) -> Claim:
        """Return the response to a claim. The worker knows the erased recipients by address."""
        claim = state.to_claim(unit, status)
        if not state.erased:
            return claim
        from email_store.erasure import recognised

        pseudonym = partial(self.hashes.pseudonym, unit.email_id)
        return recognised(claim, addresses, state.erased, pseudonym)

    def _large_email(self, unit: SendUnit) -> EmailRecord | None:
        """Return the email of a chunk; None for a whole email."""
        if unit.chunk is None:
            return None
        items = self.table.get_many([unit_key(SendUnit(unit.email_id))])
        email = read_email(items[0]) if items else None
        return email if email and email.chunk_count else None

    def _with_accepted(self, unit: SendUnit, state: UnitState) -> UnitState:
        keys = [recipient_key(unit.email_id, address) for address in state.results]
        recipients = map(read_recipient, self.table.get_many(keys))
        return mark_accepted_from_events(state, recipients)


def same_erased(erased: Collection[str] | None) -> tuple[str, Item]:
    """Return the condition, and its values, that the pseudonyms of a unit are still these."""
    if not erased:
        return "attribute_not_exists(erased)", {}
    return "erased = :erased", {"erased": list(erased)}


def hidden(results: Results, erased: Collection[str], pseudonym: Callable[[str], str]) -> Results:
    """Return results with the pseudonyms of erased recipients, of which there are seldom any."""
    if not erased:
        return results
    from email_store.erasure import hide

    return hide(results, erased, pseudonym)


def _is_vacant(item: Attributes, now: int) -> bool:
    return not item["fingerprint"] or item["expires_at"] <= now
