"""DynamoDBEmailStore: the email store in one DynamoDB table. Each change is a conditional write."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import (
    ClaimStatus,
    SendUnit,
    epoch_seconds,
    mark_accepted_from_events,
)
from email_store.dynamodb import items
from email_store.dynamodb.leases import NO_LEASE, LeaseTable
from email_store.dynamodb.table import ItemUpdate, Table
from email_store.records import KnownEvents
from email_store.store import EmailStore

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from types_boto3_dynamodb import DynamoDBClient

    from email_store.claims import Claim, Results, UnitState
    from email_store.dynamodb.items import Item
    from email_store.dynamodb.leases import LeaseResult
    from email_store.records import (
        EmailRecord,
        EventRecord,
        RecipientRecord,
        Repeat,
        Suppression,
    )
    from email_store.view import EmailView

__all__ = ["DynamoDBEmailStore"]

NEW = "attribute_not_exists(pk)"
LOWER_RANK = f"{NEW} OR #rank < :rank OR expires_at <= :now"
COMPLAINT_REPLACES = f"{NEW} OR reason <> :reason OR #at < :at"
REPEATS_LIMIT = 10_000
"""Recipients whose opens and clicks one view counts."""
BOUNCE_REPLACES = f"{NEW} OR (reason = :reason AND #at < :at)"


class DynamoDBEmailStore(EmailStore):
    """An email store in the table `table_name`.

    All items but suppressions expire after `retention`. DynamoDB deletes an expired item within
    some days, but an id can be used again as soon as its own item has expired.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html

    Raises:
        StoreError: from each operation, when DynamoDB refuses the call or cannot be reached.
        RecordTooLargeError: DynamoDB refuses a record for its size.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, retention: timedelta) -> None:
        self._table = Table(client, table_name)
        self._leases = LeaseTable(self._table)
        self._retention = retention

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
        lease = items.lease(now, lease_seconds, secrets.token_hex(8))
        opened = self._open(record, unit, addresses, now, lease)
        state = opened.state
        if opened.status is ClaimStatus.CLAIMED and state.attempt > 1:
            state = self._with_accepted(unit, state)
        return state.to_claim(unit, opened.status)

    @override
    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        unit = SendUnit(record.email_id)
        opened = self._open(record, unit, addresses, record.created_at)
        return opened.state.to_claim(unit, opened.status)

    @override
    def settle(self, claim: Claim, results: Results) -> bool:
        update = items.release_update(results, is_settled=True)
        return self._leases.release(claim.unit, claim.attempt, update)

    @override
    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        update = items.release_update(results, lease_until=epoch_seconds(held_until))
        return self._leases.release(claim.unit, claim.attempt, update)

    @override
    def reject(self, record: EmailRecord) -> bool:
        item = {
            **items.email_item(record),
            **items.new_unit(record, ()),
            **self._expiry(record.created_at),
            "is_settled": True,
        }
        unit = SendUnit(record.email_id)
        return self._leases.reject(unit, item, epoch_seconds(record.created_at))

    @override
    def suppressed(self, addresses: Collection[str]) -> set[str]:
        keys = {address: items.suppression_key(address) for address in addresses}
        present = {item["pk"] for item in self._table.get_many(keys.values())}
        return {address for address, key in keys.items() if key["pk"] in present}

    @override
    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        email = items.unit_key(SendUnit(email_id))
        ids = {items.event_key(event)["sk"]: event.event_id for event in events}
        repeat_keys = {
            event.repeat: items.repeat_key(email_id, event.repeat)["sk"]
            for event in events
            if event.repeat
        }
        sort_keys = (*ids, *repeat_keys.values())
        keys = [email, *({**email, "sk": sort_key} for sort_key in sort_keys)]
        present = {item["sk"]: item for item in self._table.get_many(keys)}
        event_ids = frozenset(event_id for sort_key, event_id in ids.items() if sort_key in present)
        record = present.get(email["sk"])
        repeats = {
            repeat: int(present[sort_key]["count"]) if sort_key in present else 0
            for repeat, sort_key in repeat_keys.items()
        }
        return KnownEvents(event_ids, items.read_email(record) if record else None, repeats)

    @override
    def count_repeat(self, email_id: str, repeat: Repeat, *, now: datetime) -> None:
        update = ItemUpdate(sets=self._expiry(now), increments=("count",))
        self._table.update(items.repeat_key(email_id, repeat), update)

    @override
    def add_event(self, event: EventRecord, *, now: datetime) -> bool:
        return self._table.put(items.event_item(event) | self._expiry(now), NEW)

    @override
    def advance_recipient(self, recipient: RecipientRecord, *, now: datetime) -> bool:
        item = items.recipient_item(recipient) | self._expiry(now)
        # RANK is one of DynamoDB's reserved words.
        values = {"rank": recipient.state.rank, "now": epoch_seconds(now)}
        return self._table.put(item, LOWER_RANK, values, {"#rank": "rank"})

    @override
    def suppress(self, suppression: Suppression) -> None:
        item = items.suppression_item(suppression)
        condition = COMPLAINT_REPLACES if suppression.is_complaint else BOUNCE_REPLACES
        values = {"reason": item["reason"], "at": item["at"]}
        # AT is one of DynamoDB's reserved words.
        self._table.put(item, condition, values, {"#at": "at"})

    @override
    def suppression(self, address: str) -> Suppression | None:
        present = self._table.get_many([items.suppression_key(address)])
        return items.read_suppression(present[0]) if present else None

    @override
    def unsuppress(self, address: str) -> bool:
        return self._table.delete(items.suppression_key(address))

    @override
    def load(self, email_id: str) -> EmailView | None:
        from email_store.view import TIMELINE_LIMIT, build_view  # no sending needs it

        partition = items.email_partition(email_id)
        unit_items = list(self._table.between(partition, *items.UNITS))
        units = list(map(items.read_unit, unit_items))
        record = next(
            (items.read_email(item) for item in unit_items if item["sk"] == items.EMAIL), None
        )
        recipient_items = self._table.between(partition, *items.RECIPIENTS)
        recipients = list(map(items.read_recipient, recipient_items))
        newest = self._table.newest(partition, items.EVENT, TIMELINE_LIMIT)
        events = list(map(items.read_event, newest))
        if not (units or recipients or events):
            return None
        counts = self._table.between(partition, *items.REPEATS)
        repeats = dict(map(items.read_repeat, islice(counts, REPEATS_LIMIT)))
        return build_view(email_id, record, units, recipients, events, repeats)

    def _open(
        self,
        record: EmailRecord,
        unit: SendUnit,
        addresses: Collection[str],
        now: datetime,
        lease: Item = NO_LEASE,
    ) -> LeaseResult:
        new = items.new_unit(record, addresses) | self._expiry(now)
        if unit.chunk is None:
            new |= items.email_item(record)
        return self._leases.open(unit, new, epoch_seconds(now), lease)

    def _with_accepted(self, unit: SendUnit, state: UnitState) -> UnitState:
        keys = [items.recipient_key(unit.email_id, address) for address in state.results]
        recipients = map(items.read_recipient, self._table.get_many(keys))
        return mark_accepted_from_events(state, recipients)

    def _expiry(self, now: datetime) -> Item:
        return {"expires_at": items.expiry(now, self._retention)}
