"""What pydantic finds broken, in words about email."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from amsdal_mail.email_id import EMAIL_ID_RULE
from amsdal_mail.exceptions import FieldError

__all__ = ["field_errors"]

RULES = {
    "extra_forbidden": "is no field of an email",
    "unexpected_keyword_argument": "is no field of an attachment",
    "unexpected_positional_argument": "is no field of an attachment",
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
    "recursion_loop": "must not contain itself",
    "string_pattern_mismatch": EMAIL_ID_RULE,  # the only field with a pattern
}
"""Where pydantic's own words are about Python and not about email."""


def field_errors(error: ValidationError, positional: Sequence[str] = ()) -> list[FieldError]:
    """Turn pydantic's findings into (field, rule) pairs; `positional` names leading numbers."""
    return [
        FieldError(_path(found["loc"], positional), _rule(found["type"], found["msg"]))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _rule(kind: str, message: str) -> str:
    return RULES.get(kind) or message.removeprefix("Value error, ")


def _path(location: tuple[int | str, ...], positional: Sequence[str]) -> str:
    path = ""
    for part in location:
        if part == "[key]":
            continue
        if isinstance(part, str):
            path += f".{part}" if path else part
        elif not path and part < len(positional):
            path = positional[part]
        else:
            path += f"[{part}]"
    return path or "(body)"
