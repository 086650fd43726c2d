"""Recipients: the states of recipients, which move up only, and are counted in a large email."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import CLOCK_SKEW
from email_store.dynamodb.counts import counts_write
from email_store.dynamodb.events import recipient_item, recipient_key
from email_store.dynamodb.table import NEW, TablePart, put_request
from email_store.dynamodb.transactions import transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from email_store.dynamodb.table import Attributes, Item, Table
    from email_store.records import EmailRecord, RecipientRecord

__all__ = ["Recipients", "advance_counted"]

MOVED_AT_ONCE = 10
"""Recipients in one transaction. Events move the same recipients at the same time: the more
recipients a transaction has, the more often it is canceled."""

# RANK and STATE are reserved words of DynamoDB.
LOWER_RANK = f"{NEW} OR #rank < :rank OR expires_at <= :now"
COUNTED_FOR = "counted_for"
"""The attribute of a recipient in the counts of a large email: the time of that email's request."""
NOT_COUNTED = f"attribute_not_exists({COUNTED_FOR}) OR {COUNTED_FOR} <> :epoch"
STILL_IN_STATE = f"{COUNTED_FOR} = :epoch AND #state = :state"


class Recipients(TablePart):
    """One conditional write a call, or one transaction for a large email."""

    @override
    def advance_recipient(
        self, recipient: RecipientRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        if record is None or not record.chunk_count:
            item = recipient_item(recipient) | {"expires_at": self.expiry(now)}
            values = {"rank": recipient.state.rank, "now": int(now.timestamp())}
            return self.table.put(item, LOWER_RANK, values, {"#rank": "rank"})
        if recipient.at < record.created_at - CLOCK_SKEW:
            return False  # It belongs to an earlier email with the same id.
        return advance_counted(self.table, record, [recipient], self.expiry(now))


def advance_counted(
    table: Table, record: EmailRecord, recipients: Sequence[RecipientRecord], expires_at: int
) -> bool:
    """Store higher states of a large email's recipients, and change its counts with them.

    A repeated call is harmless. Return False, and write nothing, when no rank is higher.
    """
    is_higher = False
    for start in range(0, len(recipients), MOVED_AT_ONCE):
        part = recipients[start : start + MOVED_AT_ONCE]
        is_higher |= _advance(table, record, part, expires_at)
    return is_higher


def _advance(
    table: Table, record: EmailRecord, recipients: Sequence[RecipientRecord], expires_at: int
) -> bool:
    epoch = record.created_at.isoformat()
    keys = [recipient_key(record.email_id, recipient.address) for recipient in recipients]

    def read_and_decide() -> list[Item]:
        items = (item for item in table.get_many(keys) if item.get(COUNTED_FOR) == epoch)
        stored = {item["recipient"]: item for item in items}
        changes: Counter[str] = Counter()
        puts = []
        for recipient in recipients:
            old = stored.get(recipient.address)
            if old is None or recipient.state.rank > old["rank"]:
                puts.append(_put(recipient, old, epoch, expires_at))
                changes[recipient.state.value] += 1
                changes.subtract([old["state"]] if old else [])
        return [*puts, counts_write(record, changes, expires_at)] if puts else []

    return transact(table, read_and_decide)


def _put(recipient: RecipientRecord, old: Attributes | None, epoch: str, expires_at: int) -> Item:
    """Return the write of a recipient, if it still is as it was read."""
    item = recipient_item(recipient) | {COUNTED_FOR: epoch, "expires_at": expires_at}
    if old is None:
        return {"Put": put_request(item, NOT_COUNTED, {"epoch": epoch})}
    # Another value would be another entry of the index.
    item["at"] = old["at"]
    values = {"epoch": epoch, "state": old["state"]}
    return {"Put": put_request(item, STILL_IN_STATE, values, {"#state": "state"})}
