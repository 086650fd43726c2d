"""What a field accepts beside its own type: None, objects that are text, numbers, lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Number
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "Converted",
    "OrNull",
    "TextLike",
    "is_lazy_text",
    "number_or_text",
    "with_plain_text",
]

NOT_TEXT = (Number, Enum, BaseModel, date, time, timedelta)
"""Objects whose `__str__` is not what a person would write in an email."""


def text_of(value: object) -> str:
    """Return the text: a string, UTF-8, or an object that writes itself as text.

    Such objects are the lazy translations of Django and Flask, and the addresses of
    `email.headerregistry`.
    """
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # the text of a str Enum, not its name
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError("must be text") from None
    if is_lazy_text(value):
        return str.__str__(str(value))
    raise ValueError("must be text")


def is_lazy_text(value: object) -> bool:
    """Return whether the class of an object defines what it is as text."""
    kind = type(value)
    is_written = kind.__str__ is not object.__str__ and kind.__module__ != "builtins"
    return is_written and not isinstance(value, NOT_TEXT)


def number_or_text(value: object) -> str:
    """Return text of a value that may also be a number, such as an order id."""
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else text_of(value)


def with_plain_text(value: Any) -> Any:
    """Return a JSON value in which objects that are text are strings, at every depth."""
    if isinstance(value, dict):
        return {with_plain_text(name): with_plain_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_plain_text(inner) for inner in value]
    return str(value) if is_lazy_text(value) else value


@dataclass(frozen=True)
class Converted:
    """Marks a value that a function makes of what is given. JSON has it as it is."""

    convert: Callable[[object], Any]
    schema: Any
    """What JSON may have."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.convert, json_schema_input_schema=handler.generate_schema(self.schema)
        )


@dataclass(frozen=True)
class TextLike:
    """Marks text that may also be given as another object. A plain string costs no Python call."""

    convert: Callable[[object], str] = text_of
    schema: Any = str
    """What JSON may have."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        converted = Converted(self.convert, self.schema)
        return core_schema.union_schema(
            [
                core_schema.str_schema(strict=True),
                converted.__get_pydantic_core_schema__(source, handler),
            ],
            mode="left_to_right",
            custom_error_type="string_type",
        )


class OrNull:
    """Marks an optional field in the JSON schema. EmailMessage leaves out what is null."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "null"}]}
