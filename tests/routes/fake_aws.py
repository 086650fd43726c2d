"""A fake AWS in this process: each call of each boto3 client gets its response from memory.

It accepts everything and checks no condition. It keeps the items of DynamoDB, so that an email
that was sent can be read.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from botocore.client import BaseClient

__all__ = ["FakeAWS"]

JSON = dict[str, Any]
ASSIGNMENT = re.compile(r"#(\w+) = (?:if_not_exists\(#\w+, (:\w+)\)|(:\w+))")
ADDITION = re.compile(r"#(\w+) (:\w+)")
"""One assignment of an update expression: a name, and its value or its value when absent."""


class FakeAWS:
    """Replaces SES, DynamoDB, SQS and EventBridge after a call of `install`."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], JSON] = {}
        self._numbers = count(1)

    def forget(self) -> None:
        """Delete all items."""
        self._items.clear()

    def install(self) -> None:
        """Take the place of the network in every boto3 client of this process."""

        def call(_client: BaseClient, operation: str, parameters: JSON) -> JSON:
            response: JSON = getattr(self, operation)(parameters)
            return response

        BaseClient._make_api_call = call  # type: ignore[attr-defined]

    def SendEmail(self, _: JSON) -> JSON:  # noqa: N802 - the names of AWS
        return {"MessageId": f"0100019b{next(self._numbers):08x}-52fdfc07-2182-454f-963f-000000"}

    def PutItem(self, parameters: JSON) -> JSON:  # noqa: N802
        item = parameters["Item"]
        self._items[_key(item)] = item
        return {}

    def UpdateItem(self, parameters: JSON) -> JSON:  # noqa: N802
        key: JSON = parameters["Key"]
        values = parameters["ExpressionAttributeValues"]
        item = {**key, **self._items.get(_key(key), {})}
        for name, default, value in ASSIGNMENT.findall(parameters["UpdateExpression"]):
            if value or name not in item:
                item[name] = values[value or default]
        for name, value in ADDITION.findall(parameters["UpdateExpression"]):
            number = int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"])
            item[name] = {"N": str(number)}
        self._items[_key(key)] = item
        return {"Attributes": item}

    def BatchGetItem(self, parameters: JSON) -> JSON:  # noqa: N802
        return {
            "Responses": {
                name: [self._items[_key(key)] for key in asked["Keys"] if _key(key) in self._items]
                for name, asked in parameters["RequestItems"].items()
            }
        }

    def Query(self, parameters: JSON) -> JSON:  # noqa: N802
        values = parameters["ExpressionAttributeValues"]
        first, last = _sort_keys([values[name]["S"] for name in values if name != ":pk"])
        items = [item for item in self._items.values() if item["pk"] == values[":pk"]]
        items = [item for item in items if first <= item["sk"]["S"] <= last]
        return {"Items": sorted(items, key=_key)}

    def PutEvents(self, parameters: JSON) -> JSON:  # noqa: N802
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in parameters["Entries"]]}


def _key(item: JSON) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _sort_keys(values: list[str]) -> tuple[str, str]:
    """Return the range of sort keys: between two values, or all that begin with one value."""
    return (values[0], values[1]) if len(values) > 1 else (values[0], f"{values[0]}\uffff")
