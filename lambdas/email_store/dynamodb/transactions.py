"""Transactions: DynamoDB makes all writes of a transaction, or no write."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from email_store.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from email_store.dynamodb.table import Item, Table

__all__ = ["transact"]

CONDITION_FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
NO_REASON = "None"
"""The code of a write that was not the reason."""
TRIES = 8
FIRST_PAUSE = 0.05
"""Seconds, of which a random part passes before the second try; doubles each time."""


def transact(table: Table, read_and_decide: Callable[[], Sequence[Item]]) -> bool:
    """Make the writes that `read_and_decide` returns, each with one key: Put, Update or Delete.

    When a condition does not hold, or another write to an item is under way, nothing is written:
    then `read_and_decide` is called again. Return False when it returns no writes.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

    Raises:
        StoreError: other writers were faster each time, or DynamoDB refuses the call.
    """
    for tries in range(TRIES):
        writes = read_and_decide()
        if not writes:
            return False
        if _is_written(table, writes):
            return True
        table.sleep(FIRST_PAUSE * 2**tries * random.random())  # noqa: S311 - only jitter
    raise StoreError(f"other writers were faster {TRIES} times")


def _is_written(table: Table, writes: Sequence[Item]) -> bool:
    """Make the writes. Return False when another writer was faster."""
    items = [
        {kind: {"TableName": table.name, **params}}
        for write in writes
        for kind, params in write.items()
    ]
    try:
        table.call("transact_write_items", {"TransactItems": items})
    except StoreError as error:
        if not _is_lost_race(error.__cause__):
            raise
        return False
    return True


def _is_lost_race(error: BaseException | None) -> bool:
    if not isinstance(error, ClientError):
        return False
    # botocore puts the modelled members of an error beside `Error`.
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code", NO_REASON) for reason in reasons} - {NO_REASON}
    return bool(codes) and codes <= {CONDITION_FAILED, CONFLICT}
