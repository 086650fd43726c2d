"""The units that DynamoDB bills for a call: writes of 1 KB, reads of 4 KB, bytes kept.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TableUse", "item_size", "table_use"]

Json = dict[str, Any]
INDEXES = {"by_recipient": "recipient", "by_time": "period"}
"""The partition key of each index."""
ITEM_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item when it bills storage."""


@dataclass
class TableUse:
    write_units: int = 0
    read_units: int = 0
    bytes_kept: int = 0
    writes: int = 0
    """Calls."""
    index_write_units: int = 0
    index_bytes: int = 0
    """The shares of the indexes in the above."""
    items: dict[str, Json] = field(default_factory=dict)


def table_use(calls: Iterable[tuple[str, Json]]) -> TableUse:
    """Sum up the DynamoDB calls among the calls, none of which was refused."""
    use = TableUse()
    items: dict[str, Json] = {}
    for operation, request in calls:
        match operation:
            case "PutItem":
                _write(use, items, request["Item"])
            case "UpdateItem":
                key: Json = request["Key"]
                _write(use, items, items.get(_key(key), key) | _set_by(request))
            case "BatchWriteItem":
                for puts in request["RequestItems"].values():
                    for put in puts:
                        _write(use, items, put["PutRequest"]["Item"])
            case "BatchGetItem":
                use.read_units += sum(
                    len(keys["Keys"]) for keys in request["RequestItems"].values()
                )
    entries = [entry for item in items.values() for entry in _entries(item).values()]
    use.index_bytes = sum(item_size(entry) + ITEM_OVERHEAD for entry in entries)
    use.bytes_kept = use.index_bytes + sum(
        item_size(item) + ITEM_OVERHEAD for item in items.values()
    )
    use.items = items
    return use


def _write(use: TableUse, items: dict[str, Json], item: Json) -> None:
    before, after = _entries(items.get(_key(item), {})), _entries(item)
    # Another value of an index's key is an entry less and an entry more.
    changed = [
        entries[name]
        for name in INDEXES
        if before.get(name) != after.get(name)
        for entries in (before, after)
        if name in entries
    ]
    use.writes += 1
    use.index_write_units += sum(map(_units, changed))
    use.write_units += _units(item) + sum(map(_units, changed))
    items[_key(item)] = item


def _entries(item: Json) -> dict[str, Json]:
    """Return the entry of the item in each index: the keys of the index and of the table."""
    names = {index: (key, "at", "pk", "sk") for index, key in INDEXES.items()}
    return {
        index: {name: item[name] for name in keys}
        for index, keys in names.items()
        if all(name in item for name in keys)
    }


def _units(item: Json) -> int:
    return math.ceil(item_size(item) / 1024)


def _key(item: Mapping[str, Json]) -> str:
    return f"{item['pk']['S']} {item['sk']['S']}"


def _set_by(request: Json) -> Json:
    values = request["ExpressionAttributeValues"]
    names = request["ExpressionAttributeNames"].values()
    return {name: values.get(f":set_{name}", {"N": "1"}) for name in names}


def item_size(item: Mapping[str, Json]) -> int:
    """Count an item's bytes, names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(typed: Json) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(base64.b64decode(value))
        case "N":
            return len(value) // 2 + 2
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _value_size(item) for name, item in value.items()
            )
        case "L":
            return 3 + sum(1 + _value_size(item) for item in value)
    return 1
