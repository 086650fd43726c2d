"""Units: emails and their chunks in the table, and the lease of each."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import filterfalse
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from amsdal_mail.stream import Stream
from email_store.address_hashes import is_pseudonym
from email_store.claims import (
    ClaimStatus,
    SendUnit,
    UnitState,
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
from email_store.dynamodb.table import (
    HOUR,
    ItemUpdate,
    TablePart,
    email_key,
    truncated,
    without_none,
)
from email_store.records import EmailRecord, KeptContent
from email_store.store import StoreError
from email_store.truncate import first_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from amsdal_mail.message.stored_request import StoredContent
    from email_store.claims import Claim, Results
    from email_store.dynamodb.table import Attributes, Item, WriteResult

__all__ = [
    "CHUNK",
    "CHUNKS",
    "Units",
    "email_item",
    "read_email",
    "read_unit",
    "result_items",
    "same_erased",
    "unit_key",
]

EMAIL = "EMAIL"
CHUNK = "CHUNK#"
CHUNKS = (CHUNK, "CHUNK$")
"""The first and last sort key of the chunks: $ is the next character after #."""

CODE_LIMIT = 200
TEXT_LIMIT = 1_000
"""Bytes of an error's code and text: one item holds the results of 50 recipients."""

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
            expires_at=self._expiry_of(email) if email else item["expires_at"],
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
        key, expires_at = unit_key(claim.unit), self._expiry_of(email)
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

    def _expiry_of(self, email: EmailRecord) -> int:
        return self.expiry(max(email.created_at, email.send_at or email.created_at))

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


def unit_key(unit: SendUnit) -> Item:
    """Return the key of an email, or of one chunk of it."""
    sort_key = EMAIL if unit.chunk is None else f"{CHUNK}{unit.chunk:04d}"
    return email_key(unit.email_id, sort_key)


def result_items(results: Results) -> Item:
    """Return the results by address, as the item of their unit holds them."""
    return {
        address: without_none(
            {
                "state": status.state.value,
                "message_id": status.message_id,
                "error_code": truncated(status.error_code, CODE_LIMIT),
                "error_message": truncated(status.error_message, TEXT_LIMIT),
                "retry": status.retry.value,
            }
        )
        for address, status in results.items()
    }


def read_unit(item: Attributes) -> UnitState:
    """Return the state of a unit."""
    results = {
        address: RecipientStatus(
            address,
            SendState(result["state"]),
            result.get("message_id"),
            result.get("error_code"),
            result.get("error_message"),
            RetryHint(result["retry"]),
        )
        for address, result in item["results"].items()
    }
    return UnitState(
        fingerprint=item["fingerprint"],
        results=results,
        created_at=datetime.fromisoformat(item["created_at"]),
        attempt=int(item["attempt"]),
        lease_until=int(item["lease_until"]),
        is_settled=item["is_settled"],
        is_canceled=item.get("is_canceled", False),
        send_at=_moment(item.get("send_at")),
        generation=int(item.get("generation", 0)),
        expires_at=_moment(item.get("valid_until")),
        content=_content(item.get("content")),
        recipient_count=int(item.get("recipient_count", 0)),
        stream=Stream(item.get("stream", Stream.TRANSACTIONAL)),
        erased=tuple(item.get("erased", ())),
        kept=_kept(item),
    )


def kept_item(kept: KeptContent | None) -> Item:
    """Return the attributes that say where the message of an email is kept."""
    if kept is None:
        return {}
    return {"content_key": kept.key, "content_until": epoch_seconds(kept.until)}


def email_item(record: EmailRecord) -> Item:
    """Return the attributes of an email record, which the item of its unit has too."""
    errors = first_errors(record.errors) if record.errors else ()
    return without_none(
        {
            "email_id": record.email_id,
            "from_email": record.from_email,
            "subject": record.subject,
            "template_id": record.template_id,
            "tags": list(record.tags),
            "metadata": dict(record.metadata),
            "recipient_count": record.recipient_count,
            "is_sensitive": record.is_sensitive,
            "chunk_count": record.chunk_count,
            "copies": list(record.copies) or None,
            "stream": record.stream.value,
            "errors": [{"field": error.field, "rule": error.rule} for error in errors],
            "send_at": epoch_seconds(record.send_at) if record.send_at else None,
            "generation": 1 if record.send_at else None,
            "content": record.content._asdict() if record.content else None,
            # `expires_at` is when DynamoDB deletes the item.
            "valid_until": epoch_seconds(record.expires_at) if record.expires_at else None,
            "resent_from": record.resent_from,
        }
    )


def read_email(item: Attributes) -> EmailRecord:
    """Return the email record of an item."""
    return EmailRecord(
        email_id=item["email_id"],
        fingerprint=item["fingerprint"],
        created_at=datetime.fromisoformat(item["created_at"]),
        from_email=item["from_email"],
        subject=item["subject"],
        template_id=item.get("template_id"),
        template_version=item.get("template_version"),
        tags=tuple(item["tags"]),
        metadata=item["metadata"],
        recipient_count=int(item["recipient_count"]),
        is_sensitive=item.get("is_sensitive", False),
        chunk_count=int(item["chunk_count"]),
        copies=tuple(item.get("copies", ())),
        stream=Stream(item.get("stream", Stream.TRANSACTIONAL)),
        errors=tuple(FieldError(error["field"], error["rule"]) for error in item["errors"]),
        send_at=_moment(item.get("send_at")),
        expires_at=_moment(item.get("valid_until")),
        is_scheduled="send_at" in item and not item["attempt"] and not item["is_settled"],
        is_canceled=item.get("is_canceled", False),
        kept=_kept(item),
        resent_from=item.get("resent_from"),
        erased=tuple(item.get("erased", ())),
    )


def _kept(item: Attributes) -> KeptContent | None:
    until = _moment(item.get("content_until"))
    return KeptContent(item["content_key"], until) if until and "content_key" in item else None


def _moment(seconds: Any) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def _content(item: Any) -> StoredContent | None:
    if item is None:
        return None
    # It needs pydantic, which the tracking function does without.
    from amsdal_mail.message.stored_request import StoredContent

    return StoredContent(item["key"], int(item["size"]), item["etag"])


def _is_vacant(item: Attributes, now: int) -> bool:
    return not item["fingerprint"] or item["expires_at"] <= now
