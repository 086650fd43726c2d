"""Turns the errors of pydantic into field errors, in words about email."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from amsdal_mail.email_id import EMAIL_ID_RULE
from amsdal_mail.exceptions import FieldError

__all__ = ["field_errors"]

RULES = {
    "extra_forbidden": "is not a field of an email",
    "unexpected_keyword_argument": "is not a field of an attachment",
    "unexpected_positional_argument": "is not a field of an attachment",
    "multiple_argument_values": "is given twice",
    "missing": "is required",
    "model_type": "must be an object",
    "dataclass_type": "must be an object with filename, content and mimetype",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "invalid_key": "must be text",
    "bytes_type": "must be bytes or text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "invalid-json-value": "must be a JSON value: text, number, true, false, null, list or object",
    "enum": "must be transactional or bulk",  # the only field with such values
    "recursion_loop": "must not contain itself",
    "string_pattern_mismatch": EMAIL_ID_RULE,  # the only field with a pattern
}
"""Rules by pydantic's type of error, where its own text is about Python and not about email."""


def field_errors(error: ValidationError, positional: Sequence[str] = ()) -> list[FieldError]:
    """Return pydantic's errors as field errors.

    `positional` has the names of positional arguments, which pydantic reports by number.
    """
    return [
        FieldError(_path(details["loc"], positional), _rule(details))
        for details in error.errors(include_url=False, include_context=False)
    ]


def _rule(details: ErrorDetails) -> str:
    if details["type"] == "tuple_type" and isinstance(details["input"], str | bytes):
        return "must be a list, not one string"
    return RULES.get(details["type"]) or details["msg"].removeprefix("Value error, ")


def _path(location: tuple[int | str, ...], positional: Sequence[str]) -> str:
    path = ""
    for step in location:
        if step == "[key]":
            continue
        if isinstance(step, str):
            path += f".{step}" if path else step
        elif not path and step < len(positional):
            path = positional[step]
        else:
            path += f"[{step}]"
    return path or "(body)"
