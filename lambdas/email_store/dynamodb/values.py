"""Attribute values of DynamoDB, from and to the Python values that the store writes.

boto3 has a converter of all types. It loads boto3 whole, which the functions do without.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["from_attribute", "to_attribute"]


def to_attribute(value: object) -> dict[str, Any]:
    """Return the attribute value of a text, an integer, bytes, None, a boolean, list or mapping.

    Raises:
        TypeError: the value is of another type, such as a float.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [to_attribute(entry) for entry in value]}
        case Mapping():
            return {"M": {name: to_attribute(member) for name, member in value.items()}}
    raise TypeError(f"the table has no type for {type(value).__name__}")


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Return the Python value. A number is an integer: the store writes no other.

    Raises:
        TypeError: the attribute is of a type that the store does not write, such as a set.
        ValueError: the attribute is a number with a fraction.
    """
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "S" | "BOOL" | "B":
            return value
        case "N":
            return int(value)
        case "L":
            return [from_attribute(entry) for entry in value]
        case "M":
            return {name: from_attribute(member) for name, member in value.items()}
    raise TypeError(f"the store does not write the type {kind}")
