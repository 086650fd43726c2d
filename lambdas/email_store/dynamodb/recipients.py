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
from email_store.states import EmailState

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.dynamodb.table import Attributes, Item
    from email_store.records import EmailRecord, RecipientRecord

__all__ = ["NOT_REPORTED", "Recipients"]

# RANK and STATE are reserved words of DynamoDB.
LOWER_RANK = f"{NEW} OR #rank < :rank OR expires_at <= :now"
COUNTED_FOR = "counted_for"
"""The attribute of a recipient in the counts of a large email: the time of that email's request."""
NOT_COUNTED = f"attribute_not_exists({COUNTED_FOR}) OR {COUNTED_FOR} <> :epoch"
STILL_IN_STATE = f"{COUNTED_FOR} = :epoch AND #state = :state"
NOT_REPORTED = f"{NEW} OR attribute_not_exists({COUNTED_FOR}) OR expires_at <= :now"


class Recipients(TablePart):
    """One conditional write a call, or one transaction for a large email."""

    @override
    def advance_recipient(
        self, recipient: RecipientRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        if record is not None and record.chunk_count:
            return self._advance_counted(recipient, record, self.expiry_with(record, now))
        item = recipient_item(recipient, is_external=record is None)
        item["expires_at"] = self.expiry_with(record, now)
        values = {"rank": recipient.state.rank, "now": int(now.timestamp())}
        return self.table.put(item, LOWER_RANK, values, {"#rank": "rank"})

    def _advance_counted(
        self, recipient: RecipientRecord, record: EmailRecord, expires_at: int
    ) -> bool:
        """Store a higher state, and change the counts with it.

        SES reports only mail that it accepted. So the first report moves the recipient from the
        accepted ones of its chunk, even when the result of the chunk is not stored yet.
        """
        if recipient.at < record.created_at - CLOCK_SKEW:
            return False  # It belongs to an earlier email with the same id.
        epoch = record.created_at.isoformat()
        key = recipient_key(record.email_id, recipient.address)

        def read_and_decide() -> list[Item]:
            items = self.table.get_many([key])
            old = next((item for item in items if item.get(COUNTED_FOR) == epoch), None)
            if old and recipient.state.rank <= old["rank"]:
                return []
            changes = Counter({recipient.state.value: 1})
            changes.subtract([old["state"] if old else EmailState.ACCEPTED.value])
            put = _put(recipient, old, epoch, expires_at)
            return [put, counts_write(record, changes, expires_at)]

        return transact(self.table, read_and_decide)


def _put(recipient: RecipientRecord, old: Attributes | None, epoch: str, expires_at: int) -> Item:
    """Return the write of a recipient, if it still is as it was read."""
    item = recipient_item(recipient) | {COUNTED_FOR: epoch, "expires_at": expires_at}
    if old is None:
        return {"Put": put_request(item, NOT_COUNTED, {"epoch": epoch})}
    # Another value would be another entry of the index.
    item["at"] = old["at"]
    values = {"epoch": epoch, "state": old["state"]}
    return {"Put": put_request(item, STILL_IN_STATE, values, {"#state": "state"})}
