"""DynamoDBEmailStore: the store in one DynamoDB table, every change one conditional write."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from email_store.claims import (
    Claim,
    ClaimStatus,
    Results,
    SendUnit,
    UnitState,
    epoch_seconds,
    mark_accepted_from_events,
)
from email_store.dynamodb import items
from email_store.dynamodb.items import Item
from email_store.dynamodb.leases import NO_LEASE, Opened, Parts
from email_store.dynamodb.table import Table
from email_store.records import (
    EmailRecord,
    EventRecord,
    KnownEvents,
    RecipientRecord,
    Suppression,
)
from email_store.view import TIMELINE_LIMIT, EmailView, view

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoDBEmailStore"]

NEW = "attribute_not_exists(pk)"
WEAKER = f"{NEW} OR #rank < :rank OR expires_at <= :now"
COMPLAINT_REPLACES = f"{NEW} OR reason <> :reason OR #at < :at"
BOUNCE_REPLACES = f"{NEW} OR (reason = :reason AND #at < :at)"


class DynamoDBEmailStore:
    """An EmailStore in the table `table_name`.

    Items but suppressions expire after `retention`. DynamoDB deletes them one by one within some
    days: an id can be used again as soon as its own item expired.

    Raises:
        StoreError: from every operation, when DynamoDB refuses the call or cannot be reached.
        RecordTooLargeError: it refuses a record for its size.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, retention: timedelta) -> None:
        self._table = Table(client, table_name)
        self._parts = Parts(self._table)
        self._retention = retention

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
        lease = items.lease(now, lease_seconds, secrets.token_hex(8))
        opened = self._open(record, part, addresses, now, lease)
        state = opened.state
        if opened.outcome is ClaimStatus.CLAIMED and state.attempt > 1:
            state = self._with_events(part, state)
        return state.answer(part, opened.outcome)

    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        """See EmailStore."""
        part = SendUnit(record.email_id)
        opened = self._open(record, part, addresses, record.created_at)
        return opened.state.answer(part, opened.outcome)

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
            **items.email_item(record),
            **items.new_part(record, ()),
            **self._expiry(record.created_at),
            "is_settled": True,
        }
        return self._parts.reject(SendUnit(record.email_id), item, epoch_seconds(record.created_at))

    def suppressed(self, addresses: Collection[str]) -> set[str]:
        """See EmailStore."""
        keys = {one: items.suppression_key(one) for one in addresses}
        found = {item["pk"] for item in self._table.get_many(keys.values())}
        return {one for one, key in keys.items() if key["pk"] in found}

    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        """See EmailStore."""
        email = items.part_key(SendUnit(email_id))
        by_key = {items.event_key(one)["sk"]: one for one in events}
        keys = [email, *({**email, "sk": key} for key in by_key)]
        found = {item["sk"]: item for item in self._table.get_many(keys)}
        known = frozenset(one.event_id for key, one in by_key.items() if key in found)
        record = found.get(email["sk"])
        return KnownEvents(known, items.read_email(record) if record else None)

    def add_event(self, event: EventRecord, *, now: datetime) -> bool:
        """See EmailStore."""
        return self._table.put(items.event_item(event) | self._expiry(now), NEW)

    def advance_recipient(self, recipient: RecipientRecord, *, now: datetime) -> bool:
        """See EmailStore."""
        item = items.recipient_item(recipient) | self._expiry(now)
        # RANK is one of DynamoDB's reserved words.
        values = {"rank": recipient.state.rank, "now": epoch_seconds(now)}
        return self._table.put(item, WEAKER, values, {"#rank": "rank"})

    def suppress(self, suppression: Suppression) -> None:
        """See EmailStore."""
        item = items.suppression_item(suppression)
        condition = COMPLAINT_REPLACES if suppression.is_complaint else BOUNCE_REPLACES
        values = {"reason": item["reason"], "at": item["at"]}
        # AT is one of DynamoDB's reserved words.
        self._table.put(item, condition, values, {"#at": "at"})

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
        part: SendUnit,
        addresses: Collection[str],
        now: datetime,
        lease: Item = NO_LEASE,
    ) -> Opened:
        new = items.new_part(record, addresses) | self._expiry(now)
        if part.chunk is None:
            new |= items.email_item(record)
        return self._parts.open(part, new, epoch_seconds(now), lease)

    def _with_events(self, part: SendUnit, state: UnitState) -> UnitState:
        keys = [items.recipient_key(part.email_id, one) for one in state.results]
        known = map(items.read_recipient, self._table.get_many(keys))
        return mark_accepted_from_events(state, known)

    def _give_back(self, claim: Claim, sets: Item) -> bool:
        return self._parts.give_back(claim.part, claim.attempt, sets)

    def _expiry(self, now: datetime) -> Item:
        return {"expires_at": items.expiry(now, self._retention)}
