"""The units that DynamoDB bills for a call: writes of 1 KB, reads of 4 KB, bytes kept.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["TableUse", "item_size", "table_use"]

Json = dict[str, Any]
INDEXED = ("recipient", "at", "pk", "sk")
"""The attributes in the index by recipient: its keys and those of the table."""
ITEM_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item when it bills storage."""


@dataclass
class TableUse:
    write_units: int = 0
    read_units: int = 0
    bytes_kept: int = 0
    writes: int = 0
    """Calls."""


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
            case "BatchGetItem":
                use.read_units += sum(
                    len(keys["Keys"]) for keys in request["RequestItems"].values()
                )
    entries = filter(None, map(_index_entry, items.values()))
    use.bytes_kept = sum(item_size(item) + ITEM_OVERHEAD for item in [*items.values(), *entries])
    return use


def _write(use: TableUse, items: dict[str, Json], item: Json) -> None:
    before, after = _index_entry(items.get(_key(item), {})), _index_entry(item)
    use.writes += 1
    use.write_units += _units(item)
    if before != after:  # another value of an index's key is an entry less and an entry more
        use.write_units += sum(_units(entry) for entry in (before, after) if entry)
    items[_key(item)] = item


def _index_entry(item: Json) -> Json:
    entry = {name: item[name] for name in INDEXED if name in item}
    return entry if len(entry) == len(INDEXED) else {}


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
