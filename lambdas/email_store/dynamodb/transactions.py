"""Transactions: several writes of which all are made or none."""

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
TRIES = 8
FIRST_PAUSE = 0.05
"""Seconds, of which a random part passes before the second try; doubles each time."""


def transact(table: Table, read_and_decide: Callable[[], Sequence[Item]], *, gate: int = 0) -> bool:
    """Make the writes that `read_and_decide` returns, each `{"Put": …}` or `{"Update": …}`.

    When a condition does not hold, or another write to an item is under way, nothing is written:
    then `read_and_decide` is called again. Return False when it returns no writes, or when the
    condition of one of the first `gate` writes does not hold.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

    Raises:
        StoreError: other writers were faster each time, or DynamoDB refuses the call.
    """
    for tries in range(TRIES):
        writes = read_and_decide()
        if not writes:
            return False
        reasons = _try(table, writes)
        if not reasons:
            return True
        if CONDITION_FAILED in reasons[:gate]:
            return False
        table.sleep(FIRST_PAUSE * 2**tries * random.random())  # noqa: S311 - only jitter
    raise StoreError(f"other writers were faster {TRIES} times")


def _try(table: Table, writes: Sequence[Item]) -> list[str | None]:
    """Return nothing when all is written, else the reason of each write that has one."""
    items = [
        {kind: {"TableName": table.name, **params}}
        for write in writes
        for kind, params in write.items()
    ]
    try:
        table.call("transact_write_items", {"TransactItems": items})
    except StoreError as error:
        reasons = _lost_races(error.__cause__)
        if not reasons:
            raise
        return reasons
    return []


def _lost_races(error: BaseException | None) -> list[str | None]:
    """Return the reasons of a canceled transaction that may be tried again after a read."""
    if not isinstance(error, ClientError):
        return []
    # botocore puts the modelled members of an error beside `Error`.
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    codes = [None if reason.get("Code") == "None" else reason.get("Code") for reason in reasons]
    return codes if {*codes} <= {None, CONDITION_FAILED, CONFLICT} else []
