"""DynamoDBEmailStore: the store in one DynamoDB table, every change one conditional write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from email_store import items
from email_store.claims import (
    Claim,
    ClaimOutcome,
    Part,
    Results,
    epoch_seconds,
    refusal,
    with_events,
)
from email_store.items import Item
from email_store.records import (
    EmailRecord,
    EventRecord,
    Recalled,
    RecipientRecord,
    Suppression,
)
from email_store.table import Change, Table
from email_store.view import TIMELINE_LIMIT, EmailView, view

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoDBEmailStore"]

CLAIMABLE = (
    "attribute_not_exists(pk) OR"
    " (fingerprint = :fingerprint AND is_settled = :is_settled AND lease_until <= :now)"
)
STILL_OURS = "attempt = :attempt"
NEW = "attribute_not_exists(pk)"
REJECTION = "fingerprint = :none"
WEAKER = "attribute_not_exists(pk) OR #rank < :rank"


class DynamoDBEmailStore:
    """An EmailStore in the table `table_name`.

    Items but suppressions expire after `retention`; DynamoDB deletes them within some days.

    Raises:
        StoreError: from every operation, when DynamoDB refuses the call or cannot be reached.
        RecordTooLargeError: it refuses a record for its size.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, retention: timedelta) -> None:
        self._table = Table(client, table_name)
        self._retention = retention

    def claim(
        self,
        record: EmailRecord,
        part: Part,
        addresses: Collection[str],
        *,
        now: datetime,
        lease_seconds: int,
    ) -> Claim:
        """See EmailStore."""
        lease = {"lease_until": int(now.timestamp()) + lease_seconds}
        claim = self._open(record, part, addresses, now, lease)
        if claim.outcome is ClaimOutcome.CLAIMED and claim.attempt > 1:
            return replace(claim, results=self._with_events(claim))
        return claim

    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        """See EmailStore."""
        return self._open(record, Part(record.email_id), addresses, record.created_at)

    def settle(self, claim: Claim, results: Results) -> bool:
        """See EmailStore."""
        return self._give_back(claim, items.given_back(results, is_settled=True))

    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        """See EmailStore."""
        lease_until = epoch_seconds(held_until)
        return self._give_back(claim, items.given_back(results, lease_until=lease_until))

    def reject(self, record: EmailRecord) -> bool:
        """See EmailStore."""
        item = {
            **items.part_key(Part(record.email_id)),
            **items.email_item(record),
            **items.new_part(record.fingerprint, ()),
            "is_settled": True,
        }
        item |= self._expiry(record.created_at)
        return self._table.put(item, f"{NEW} OR {REJECTION}", {"none": ""})

    def suppressed(self, addresses: Collection[str]) -> set[str]:
        """See EmailStore."""
        keys = {one: items.suppression_key(one) for one in addresses}
        found = {item["pk"] for item in self._table.get_many(keys.values())}
        return {one for one, key in keys.items() if key["pk"] in found}

    def recall(self, email_id: str, events: Collection[EventRecord]) -> Recalled:
        """See EmailStore."""
        email = items.part_key(Part(email_id))
        by_key = {items.event_key(one)["sk"]: one for one in events}
        keys = [email, *({**email, "sk": key} for key in by_key)]
        found = {item["sk"]: item for item in self._table.get_many(keys)}
        known = frozenset(one.event_id for key, one in by_key.items() if key in found)
        record = found.get(email["sk"])
        return Recalled(known, items.read_email(record) if record else None)

    def add_event(self, event: EventRecord, *, now: datetime) -> bool:
        """See EmailStore."""
        return self._table.put(items.event_item(event) | self._expiry(now), NEW)

    def raise_recipient(self, recipient: RecipientRecord, *, now: datetime) -> bool:
        """See EmailStore."""
        item = items.recipient_item(recipient) | self._expiry(now)
        # RANK is one of DynamoDB's reserved words.
        return self._table.put(item, WEAKER, {"rank": recipient.state.rank}, {"#rank": "rank"})

    def suppress(self, suppression: Suppression) -> None:
        """See EmailStore."""
        self._table.put(items.suppression_item(suppression))

    def suppression(self, address: str) -> Suppression | None:
        """See EmailStore."""
        found = self._table.get_many([items.suppression_key(address)])
        return items.read_suppression(found[0]) if found else None

    def unsuppress(self, address: str) -> bool:
        """See EmailStore."""
        return self._table.delete(items.suppression_key(address))

    def load(self, email_id: str) -> EmailView | None:
        """See EmailStore."""
        partition = items.email_partition(email_id)
        found = {item["sk"]: item for item in self._table.between(partition, *items.PARTS)}
        parts = [items.read_part(item) for item in found.values()]
        record = items.read_email(found[items.EMAIL]) if items.EMAIL in found else None
        recipients = list(
            map(items.read_recipient, self._table.between(partition, *items.RECIPIENTS))
        )
        newest = self._table.newest(partition, items.EVENT, TIMELINE_LIMIT)
        events = list(map(items.read_event, newest))
        if not (parts or recipients or events):
            return None
        return view(email_id, record, parts, recipients, events)

    def _open(
        self,
        record: EmailRecord,
        part: Part,
        addresses: Collection[str],
        now: datetime,
        lease: Item | None = None,
    ) -> Claim:
        new = items.new_part(record.fingerprint, addresses) | self._expiry(now)
        if part.chunk is None:
            new |= items.email_item(record)
        seconds = int(now.timestamp())
        if lease is not None:
            del new["lease_until"], new["attempt"]
        change = Change(
            condition=CLAIMABLE,
            condition_values={
                "fingerprint": record.fingerprint,
                "is_settled": False,
                "now": seconds,
            },
            sets=lease or {},
            defaults=new,
            counts=() if lease is None else ("attempt",),
        )
        written = self._table.update(items.part_key(part), change)
        state = items.read_part(written.item)
        if written.is_done:
            return state.answer(part, ClaimOutcome.CLAIMED)
        if state.is_rejection:
            return self._take_place(part, new, lease)
        outcome = refusal(state, record.fingerprint, seconds) or ClaimOutcome.BUSY
        return state.answer(part, outcome)

    def _take_place(self, part: Part, new: Item, lease: Item | None) -> Claim:
        """Replace a rejected request; who comes second finds somebody at work."""
        item = items.part_key(part) | new | ({**lease, "attempt": 1} if lease else {})
        is_ours = self._table.put(item, REJECTION, {"none": ""})
        outcome = ClaimOutcome.CLAIMED if is_ours else ClaimOutcome.BUSY
        return items.read_part(item).answer(part, outcome)

    def _with_events(self, claim: Claim) -> Results:
        keys = [items.recipient_key(claim.part.email_id, one) for one in claim.results]
        return with_events(claim.results, map(items.read_recipient, self._table.get_many(keys)))

    def _give_back(self, claim: Claim, sets: Item) -> bool:
        change = Change(
            condition=STILL_OURS, condition_values={"attempt": claim.attempt}, sets=sets
        )
        return self._table.update(items.part_key(claim.part), change).is_done

    def _expiry(self, now: datetime) -> Item:
        return {"expires_at": items.expiry(now, self._retention)}
