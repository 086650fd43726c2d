"""Chunks: what the end of a lease adds for a large email, its counts and its failed recipients."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from email_store.claims import epoch_seconds, failed_recipients
from email_store.dynamodb.counts import counts_write
from email_store.dynamodb.events import recipient_item
from email_store.dynamodb.recipients import NOT_REPORTED
from email_store.dynamodb.table import update_request
from email_store.dynamodb.transactions import transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from email_store.claims import Results
    from email_store.dynamodb.table import Attributes, Item, ItemUpdate, Table
    from email_store.records import EmailRecord

__all__ = ["end_counted", "list_failures"]

SAME_COUNTED, NOT_COUNTED = "counted = :counted", "attribute_not_exists(counted)"


def end_counted(
    table: Table,
    key: Item,
    end: Callable[[Attributes], tuple[ItemUpdate, Mapping[str, int]]],
    email: EmailRecord,
    expires_at: int,
) -> bool:
    """Change a chunk, and the counts by the difference to what it counted for before.

    Args:
        table: the table.
        key: the key of the chunk.
        end: returns the change of a chunk, under the condition that its attempt is the same, and
            the numbers by state that the chunk counts for after it.
        email: the email of the chunk.
        expires_at: when DynamoDB may delete the counts, in epoch seconds.
    """

    def read_and_decide() -> list[Item]:
        (chunk,) = table.get_many([key])
        update, counted = end(chunk)
        if chunk["attempt"] != update.condition_values["attempt"]:
            return []
        before = chunk.get("counted")
        is_same = NOT_COUNTED if before is None else SAME_COUNTED
        values = {} if before is None else {"counted": before}
        changed = replace(
            update,
            sets={**update.sets, "counted": dict(counted)},
            condition=f"{update.condition} AND {is_same}",
            condition_values={**update.condition_values, **values},
        )
        changes = Counter(counted)
        changes.subtract(before or {})
        writes = [{"Update": update_request(key, changed)}]
        if any(changes.values()):
            writes.append(counts_write(email, changes, expires_at))
        return writes

    return transact(table, read_and_decide)


def list_failures(table: Table, email: EmailRecord, results: Results, expires_at: int) -> None:
    """Store the recipients for whom no event will come. The others come with their events."""
    for recipient in failed_recipients(email, results):
        item = recipient_item(recipient) | {"expires_at": expires_at}
        table.put(item, NOT_REPORTED, {"now": epoch_seconds(email.created_at)})
