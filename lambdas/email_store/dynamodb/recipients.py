"""Recipients: the states of recipients, which move up only, and are counted in a large email."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.claims import CLOCK_SKEW, OPEN_STATES
from email_store.dynamodb.counts import counts_write
from email_store.dynamodb.events import recipient_item, recipient_key
from email_store.dynamodb.table import NEW, TablePart, put_request
from email_store.dynamodb.transactions import transact
from email_store.records import RecipientRecord
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from email_store.claims import Results
    from email_store.dynamodb.table import Attributes, Item, Table
    from email_store.records import EmailRecord

__all__ = ["Recipients", "advance_counted", "final_recipients"]

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
    table: Table,
    record: EmailRecord,
    recipients: Sequence[RecipientRecord],
    expires_at: int,
    unit_write: Item | None = None,
) -> bool:
    """Store higher states of a large email's recipients, and change its counts, in a transaction.

    `unit_write` is a write of the same transaction. Return False, and write nothing, when no
    rank is higher, or when the condition of `unit_write` does not hold.
    """
    epoch = record.created_at.isoformat()
    keys = [recipient_key(record.email_id, recipient.address) for recipient in recipients]
    of_unit = [unit_write] if unit_write else []

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
        counts = [counts_write(record, changes, expires_at)] if puts else []
        return [*of_unit, *puts, *counts]

    return transact(table, read_and_decide, gate=len(of_unit))


def final_recipients(record: EmailRecord, results: Results) -> list[RecipientRecord]:
    """Return the recipients whose result of sending is final."""
    return [
        RecipientRecord(
            email_id=record.email_id,
            address=status.address,
            state=EmailState(status.state.value),
            at=record.created_at,
            message_id=status.message_id,
            error_code=status.error_code,
            error_message=status.error_message,
            is_reported=False,
        )
        for status in results.values()
        if status.state not in OPEN_STATES
    ]


def _put(recipient: RecipientRecord, old: Attributes | None, epoch: str, expires_at: int) -> Item:
    """Return the write of a recipient, if it still is as it was read."""
    item = recipient_item(recipient) | {COUNTED_FOR: epoch, "expires_at": expires_at}
    if old is None:
        return {"Put": put_request(item, NOT_COUNTED, {"epoch": epoch})}
    # Another value would be another entry of the index.
    item["at"] = old["at"]
    values = {"epoch": epoch, "state": old["state"]}
    return {"Put": put_request(item, STILL_IN_STATE, values, {"#state": "state"})}
