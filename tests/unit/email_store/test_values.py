"""The attribute values of DynamoDB, beside those of boto3."""

from __future__ import annotations

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from email_store.dynamodb.values import from_attribute, to_attribute

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "empty_text": "",
    "text": "Grüße",
    "zero": 0,
    "negative": -7,
    "large": 10**37 + 1,
    "bytes": b"\x00\xff",
    "empty_list": [],
    "tuple": ("a", 1, None),
    "empty_map": {},
    "nested": {"results": [{"state": "sent", "retry": None, "codes": ["x", {"deep": (True,)}]}]},
}


def lists(value: Any) -> Any:
    """Return the value with lists for tuples: DynamoDB has only lists."""
    if isinstance(value, list | tuple):
        return [lists(entry) for entry in value]
    if isinstance(value, dict):
        return {name: lists(member) for name, member in value.items()}
    return value


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_attribute_is_that_of_boto3(value: Any) -> None:
    assert to_attribute(value) == TypeSerializer().serialize(lists(value))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_value_comes_back_as_it_was(value: Any) -> None:
    read = from_attribute(to_attribute(value))

    assert read == lists(value) == TypeDeserializer().deserialize(to_attribute(value))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1.5, {1, 2}, object()], ids=["float", "set", "object"])
def test_value_that_the_store_never_writes_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        to_attribute([{"inner": value}])


def test_set_of_another_program_is_refused() -> None:
    with pytest.raises(TypeError, match="SS"):
        from_attribute({"M": {"names": {"SS": ["a"]}}})


def test_fraction_of_another_program_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.5"):
        from_attribute({"N": "1.5"})
