"""Puts the state of an erased recipient under its pseudonym. Counts stay right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from email_store.dynamodb.counts import change_counts
from email_store.dynamodb.events import RECIPIENT
from email_store.dynamodb.table import delete_request, put_request
from email_store.dynamodb.transactions import transact
from email_store.states import EmailState

if TYPE_CHECKING:
    from email_store.dynamodb.table import Attributes, Item, Table
    from email_store.erasure import Pseudonym

__all__ = ["rename_recipient"]

GONE = ("error_message", "message_id")
"""The attributes that an erased recipient does not keep."""
# STATE is a reserved word of DynamoDB, but RANK of a state says the same.
SAME = "#rank = :rank"
RANK = {"#rank": "rank"}


def rename_recipient(table: Table, item: Attributes, pseudonym: Pseudonym, index_key: str) -> None:
    """Move a recipient under its pseudonym, in one transaction.

    An event that came in between has written a state under the pseudonym. Then the higher of both
    stays. In the counts of a large email, that event moved a recipient out of the accepted ones
    once too often.

    Args:
        table: the table.
        item: the item of the recipient.
        pseudonym: returns the pseudonym of its address.
        index_key: what stands in the index in place of the address, if the item is there.
    """
    old_key = {name: item[name] for name in ("pk", "sk")}
    name = pseudonym(item["sk"].removeprefix(RECIPIENT))
    new_key = {"pk": item["pk"], "sk": f"{RECIPIENT}{name}"}

    def read_and_decide() -> list[Item]:
        items = {found["sk"]: found for found in table.get_many([old_key, new_key])}
        old, new = items.get(old_key["sk"]), items.get(new_key["sk"])
        if old is None:
            return []
        stronger = new if new is not None and new["rank"] > old["rank"] else old
        moved = {name: value for name, value in stronger.items() if name not in GONE}
        indexed = {"recipient": index_key} if "recipient" in old else {}
        delete = delete_request(old_key, SAME, {"rank": old["rank"]})
        writes = [{"Delete": {**delete, "ExpressionAttributeNames": RANK}}]
        values = {} if new is None else {"rank": new["rank"]}
        condition = "attribute_not_exists(pk)" if new is None else SAME
        put = put_request(
            {**moved, **indexed, **new_key}, condition, values, None if new is None else RANK
        )
        writes.append({"Put": put})
        if (
            new is not None
            and "counted_for" in old
            and old["counted_for"] == new.get("counted_for")
        ):
            weaker = min(old, new, key=lambda found: found["rank"])
            changes = Counter({EmailState.ACCEPTED.value: 1})
            changes[weaker["state"]] -= 1
            writes.append(
                change_counts(old["email_id"], old["counted_for"], changes, old["expires_at"])
            )
        return writes

    transact(table, read_and_decide)
