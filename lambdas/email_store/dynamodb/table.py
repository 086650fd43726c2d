"""Table: the DynamoDB calls of the store, on plain Python values, and what its parts share."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from email_store.dynamodb.values import from_attribute, to_attribute
from email_store.store import EmailStore, RecordTooLargeError, StoreError
from email_store.truncate import truncate

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from types_boto3_dynamodb import DynamoDBClient

    from email_store.address_hashes import AddressHashes
    from email_store.records import EmailRecord

__all__ = [
    "BATCH_GET_TRIES",
    "HOUR",
    "NEW",
    "Attributes",
    "Item",
    "ItemUpdate",
    "Table",
    "TablePart",
    "WriteResult",
    "delete_request",
    "email_key",
    "put_request",
    "truncated",
    "update_request",
    "without_none",
]

NEW = "attribute_not_exists(pk)"
HOUR = len("2026-12-01T10")
"""The length of the part of a time that is a partition of the index by time."""

BATCH_GET_LIMIT = 100
"""Keys in one BatchGetItem call.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
"""
BATCH_WRITE_LIMIT = 25
"""Items in one BatchWriteItem call.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""
BATCH_GET_TRIES = 6
FIRST_PAUSE = 0.05
"""Seconds before the first retry of keys that DynamoDB left unprocessed; doubles each time."""

Attributes = Mapping[str, Any]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUpdate:
    """An update of one item, under a condition over `condition_values` if there is one."""

    sets: Attributes
    condition: str = ""
    condition_values: Attributes = field(default_factory=dict)
    defaults: Attributes = field(default_factory=dict)
    """Attributes that are set only if the item does not have them."""
    additions: Mapping[str, int] = field(default_factory=dict)
    """Numbers to add to attributes; an absent attribute counts as 0."""
    removes: tuple[str, ...] = ()
    """Attributes that the item does not have afterwards."""

    def expression(self) -> str:
        """Return the update expression."""
        clauses = [f"#{name} = :set_{name}" for name in self.sets]
        clauses += [f"#{name} = if_not_exists(#{name}, :set_{name})" for name in self.defaults]
        parts = {
            "SET": clauses,
            "ADD": [f"#{name} :add_{name}" for name in self.additions],
            "REMOVE": [f"#{name}" for name in self.removes],
        }
        return " ".join(f"{word} {', '.join(part)}" for word, part in parts.items() if part)

    def names(self) -> dict[str, str]:
        """Return the name placeholders: some attributes are reserved words of DynamoDB."""
        named = (*self.sets, *self.defaults, *self.additions, *self.removes)
        return {f"#{name}": name for name in named}

    def values(self) -> dict[str, Any]:
        """Return the values by placeholder, without the colon."""
        to_set = {
            f"set_{name}": value for name, value in (*self.sets.items(), *self.defaults.items())
        }
        to_add = {f"add_{name}": number for name, number in self.additions.items()}
        return {**self.condition_values, **to_set, **to_add}


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a conditional write: the item after it, or the item that prevented it."""

    is_done: bool
    item: Attributes


class Table:
    """One table, by its boto3 client.

    Raises:
        StoreError: from each call, when DynamoDB refuses it or cannot be reached.
        RecordTooLargeError: DynamoDB refuses an item for its size.
    """

    def __init__(
        self, client: DynamoDBClient, name: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = name
        self.sleep = sleep
        self._client = client

    def put(
        self,
        item: Attributes,
        condition: str | None = None,
        values: Attributes | None = None,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Put the item. Return False, and write nothing, when the condition does not hold."""
        return self._write("put_item", put_request(item, condition, values, names)).is_done

    def put_many(self, items: Iterable[Attributes]) -> None:
        """Put the items, of which no two have the same key, without a condition."""
        rest = iter(items)
        while batch := list(islice(rest, BATCH_WRITE_LIMIT)):
            puts = [{"PutRequest": {"Item": _to_dynamodb(item)}} for item in batch]
            self._batch("batch_write_item", {self.name: puts}, "UnprocessedItems")

    def put_or_get(
        self,
        item: Attributes,
        condition: str,
        values: Attributes,
        names: Mapping[str, str] | None = None,
    ) -> WriteResult:
        """Put the item, or return the present item when the condition does not hold."""
        params = put_request(item, condition, values, names)
        params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        written = self._write("put_item", params)
        return replace(written, item=item) if written.is_done else written

    def update(self, key: Attributes, update: ItemUpdate) -> WriteResult:
        """Change or create one item in one write."""
        params = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return self._write("update_item", update_request(key, update) | params)

    def delete(self, key: Attributes) -> bool:
        """Delete an item. Return False when there was none."""
        params = {"Key": _to_dynamodb(key), "ReturnValues": "ALL_OLD"}
        return bool(self._write("delete_item", params).item)

    def get_many(self, keys: Iterable[Attributes]) -> list[Attributes]:
        """Get the items that exist, consistently, in any order."""
        wanted = iter({tuple(sorted(key.items())): key for key in keys}.values())
        present: list[Attributes] = []
        while batch := list(islice(wanted, BATCH_GET_LIMIT)):
            present += self._get_batch(batch)
        return present

    def between(
        self,
        partition_key: str,
        first: str,
        last: str,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Attributes]:
        """Return a partition's items from one sort key to another, in order, up to a limit.

        `newest_first` turns the order round.
        """
        params: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": _placeholders(
                {"pk": partition_key, "first": first, "last": last}
            ),
            **({"Limit": limit} if limit else {}),
            **({"ScanIndexForward": False} if newest_first else {}),
        }
        return islice(self._query(params), limit)

    def page(
        self, partition_key: str, after: str, limit: int
    ) -> tuple[list[Attributes], str | None]:
        """Return items of a partition in order, and the sort key after which the next page begins.

        Args:
            partition_key: the partition.
            after: the sort key after which the page begins; empty for the first page.
            limit: the number of items. A page has 1 MB at most, so it may have fewer.
        """
        params: dict[str, Any] = {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": _placeholders({"pk": partition_key}),
            "Limit": limit,
        }
        if after:
            params["ExclusiveStartKey"] = _to_dynamodb({"pk": partition_key, "sk": after})
        page = self.call("query", params)
        last = page.get("LastEvaluatedKey")
        items: list[Attributes] = [_from_dynamodb(item) for item in page["Items"]]
        return items, _from_dynamodb(last)["sk"] if last else None

    def newest(self, partition_key: str, prefix: str, limit: int) -> Iterator[Attributes]:
        """Return the last items whose sort key has the prefix, the last item first."""
        params: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": _placeholders({"pk": partition_key, "prefix": prefix}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        return islice(self._query(params), limit)

    def _query(self, params: dict[str, Any]) -> Iterator[Attributes]:
        params = {"TableName": self.name, "ConsistentRead": True, **params}
        while True:
            page = self.call("query", params)
            yield from map(_from_dynamodb, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            params["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _get_batch(self, keys: Collection[Attributes]) -> list[Attributes]:
        request = {self.name: {"Keys": [_to_dynamodb(key) for key in keys], "ConsistentRead": True}}
        responses = self._batch("batch_get_item", request, "UnprocessedKeys")
        pages = (response["Responses"].get(self.name, []) for response in responses)
        return [_from_dynamodb(item) for page in pages for item in page]

    def _batch(self, operation: str, request: Mapping[str, Any], rest: str) -> list[Any]:
        """Repeat a call for what DynamoDB left unprocessed, under the name `rest`.

        A batch over 16 MB or over the capacity comes back in part, without an error.
        """
        responses = []
        for attempt in range(BATCH_GET_TRIES):
            responses.append(self.call(operation, {"RequestItems": request}))
            request = responses[-1].get(rest) or {}
            if not request:
                return responses
            self.sleep(FIRST_PAUSE * 2**attempt)
        raise StoreError(f"DynamoDB left keys unprocessed {BATCH_GET_TRIES} times")

    def _write(self, operation: str, params: Mapping[str, Any]) -> WriteResult:
        try:
            response = self.call(operation, {"TableName": self.name, **params})
        except StoreError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and _is_lost_condition(cause):
                # botocore puts the modelled members of an error beside `Error`.
                old: Attributes = cause.response.get("Item", {})  # type: ignore[assignment]
                return WriteResult(is_done=False, item=_from_dynamodb(old))
            raise
        return WriteResult(is_done=True, item=_from_dynamodb(response.get("Attributes", {})))

    def call(self, operation: str, params: Mapping[str, Any]) -> Any:
        """Call DynamoDB. The errors of botocore become StoreError."""
        try:
            return getattr(self._client, operation)(**params)
        except (ClientError, BotoCoreError) as error:
            kind = RecordTooLargeError if _is_too_large(error) else StoreError
            raise kind(f"DynamoDB {operation}: {error}") from error


class TablePart(EmailStore):
    """A part of the store: the operations on one kind of item."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        retention: timedelta,
        hashes: AddressHashes,
    ) -> None:
        self.table = Table(client, table_name)
        self.retention = retention
        self.hashes = hashes

    def expiry(self, now: datetime) -> int:
        """Return when DynamoDB may delete an item, in epoch seconds, the unit of its TTL."""
        return int((now + self.retention).timestamp())

    def expiry_with(self, email: EmailRecord | None, now: datetime) -> int:
        """Return the expiry of an item that belongs to an email: that of the email, if it is known.

        An item that outlives its email could not be found any more, to erase a person from it.
        """
        return self.expiry_of(email) if email else self.expiry(now)

    def expiry_of(self, email: EmailRecord) -> int:
        """Return when DynamoDB may delete an email: its retention begins when it is sent."""
        return self.expiry(max(email.created_at, email.send_at or email.created_at))


def email_key(email_id: str, sort_key: str) -> Item:
    """Return the key of an item that belongs to an email."""
    return {"pk": f"EMAIL#{email_id}", "sk": sort_key}


def without_none(item: Item) -> Item:
    """Return the item without the attributes that have no value."""
    return {name: value for name, value in item.items() if value is not None}


def truncated(text: str | None, limit: int) -> str | None:
    """Return the first `limit` bytes of a text. None stays None."""
    return text and truncate(text, limit)


def put_request(
    item: Attributes,
    condition: str | None = None,
    values: Attributes | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the parameters of a put, alone or in a transaction."""
    params: dict[str, Any] = {"Item": _to_dynamodb(item)}
    if condition:
        params["ConditionExpression"] = condition
    if values:
        params["ExpressionAttributeValues"] = _placeholders(values)
    if names:
        params["ExpressionAttributeNames"] = dict(names)
    return params


def update_request(key: Attributes, update: ItemUpdate) -> dict[str, Any]:
    """Return the parameters of an update, alone or in a transaction."""
    params: dict[str, Any] = {
        "Key": _to_dynamodb(key),
        "UpdateExpression": update.expression(),
        "ExpressionAttributeNames": update.names(),
    }
    if values := update.values():
        params["ExpressionAttributeValues"] = _placeholders(values)
    return params | {"ConditionExpression": update.condition} if update.condition else params


def delete_request(key: Attributes, condition: str, values: Attributes) -> dict[str, Any]:
    """Return the parameters of a delete in a transaction."""
    params: dict[str, Any] = {"Key": _to_dynamodb(key), "ConditionExpression": condition}
    return params | {"ExpressionAttributeValues": _placeholders(values)}


def _is_lost_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _is_too_large(error: ClientError | BotoCoreError) -> bool:
    """Return whether DynamoDB refused an item over 400 KB or a key over its limit."""
    return (
        isinstance(error, ClientError)
        and error.response["Error"]["Code"] == "ValidationException"
        and "has exceeded the maximum" in error.response["Error"].get("Message", "")
    )


def _placeholders(values: Attributes) -> dict[str, Any]:
    return {f":{name}": to_attribute(value) for name, value in values.items()}


def _to_dynamodb(item: Attributes) -> dict[str, Any]:
    return {name: to_attribute(value) for name, value in item.items()}


def _from_dynamodb(item: Attributes) -> dict[str, Any]:
    return {name: from_attribute(value) for name, value in item.items()}
