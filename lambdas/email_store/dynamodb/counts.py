"""Counts: the kept numbers of a large email. A read does not count its recipients.

The items COUNTS#<time of the request>#<shard> add up to the counts of the email. A number changes
in the transaction that changes what it counts. The time of the request tells the email from an
earlier one with the same id.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from email_store.dynamodb.table import ItemUpdate, email_key, update_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from email_store.dynamodb.table import Attributes, Item
    from email_store.records import EmailRecord

__all__ = [
    "COUNT",
    "change_counts",
    "counts_keys",
    "counts_range",
    "counts_write",
    "sum_counts",
]

SHARDS = 32
"""Items that hold the numbers of one email. Transactions on one item at the same time cancel one
another, and some twenty workers track the events of a large email at once.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""
COUNTS = "COUNTS"
COUNT = "count_"
"""The prefix of the names of the numbers: some states are reserved words of DynamoDB."""


def counts_write(record: EmailRecord, changes: Mapping[str, int], expires_at: int) -> Item:
    """Return the write, as a part of a transaction, that adds the changes to the counts."""
    return change_counts(record.email_id, record.created_at.isoformat(), changes, expires_at)


def change_counts(
    email_id: str, requested_at: str, changes: Mapping[str, int], expires_at: int
) -> Item:
    """Return the same write for the email with this id and time of request."""
    shard = random.randrange(SHARDS)  # noqa: S311 - it only spreads the writes
    key = email_key(email_id, f"{COUNTS}#{requested_at}#{shard:02}")
    additions = {f"{COUNT}{name}": change for name, change in changes.items() if change}
    update = ItemUpdate(sets={"expires_at": expires_at}, additions=additions)
    return {"Update": update_request(key, update)}


def counts_range(record: EmailRecord) -> tuple[str, str]:
    """Return the first and last sort key: $ is the next character after #."""
    return f"{_prefix(record)}#", f"{_prefix(record)}$"


def counts_keys(record: EmailRecord) -> list[Item]:
    """Return the keys of all items that may hold numbers of the email."""
    shards = range(SHARDS)
    return [email_key(record.email_id, f"{_prefix(record)}#{shard:02}") for shard in shards]


def sum_counts(items: Iterable[Attributes]) -> Counter[str]:
    """Return the counts by name. A single item may have numbers below zero."""
    counts: Counter[str] = Counter()
    for item in items:
        for name, number in item.items():
            if name.startswith(COUNT):
                counts[name.removeprefix(COUNT)] += int(number)
    return counts


def _prefix(record: EmailRecord) -> str:
    return f"{COUNTS}#{record.created_at.isoformat()}"
