"""Read values from foreign JSON: the expected type, None, or an InvalidEventError."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from amsdal_mail.exceptions import InvalidEventError

__all__ = [
    "Json",
    "check_nesting",
    "integer",
    "json_object",
    "optional_time",
    "replace_surrogates",
    "required_text",
    "string_list",
    "text",
]

Json = Mapping[str, Any]

NESTING_LIMIT = 40
"""Levels of objects and lists. A real event has six."""
SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def check_nesting(payload: Json) -> Json:
    """Return the payload, unless its nesting could exhaust the stack of a JSON encoder."""
    level: list[object] = [payload]
    for _ in range(NESTING_LIMIT):
        level = [child for node in level for child in _children(node)]
        if not level:
            return payload
    raise InvalidEventError("(body)", f"is nested deeper than {NESTING_LIMIT} levels")


def _children(node: object) -> Iterator[object]:
    if isinstance(node, Mapping):
        return iter(node.values())
    return iter(node) if isinstance(node, list) else iter(())


def json_object(source: Json, name: str) -> Json:
    """Return an object; an empty object when it is absent or another type."""
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}


def text(source: Json, name: str) -> str | None:
    """Return a string that UTF-8 can encode; None when it is absent, empty or another type."""
    value = source.get(name)
    return replace_surrogates(value) if isinstance(value, str) and value else None


def required_text(source: Json, name: str, path: str) -> str:
    """Return a string that must be present."""
    value = text(source, name)
    if value is None:
        raise InvalidEventError(path, "must be a string")
    return value


def replace_surrogates(value: str) -> str:
    """Replace lone surrogates: JSON may hold them, but UTF-8 and the AWS APIs may not."""
    return value if value.isascii() else value.encode(errors="replace").decode()


def integer(source: Json, name: str) -> int | None:
    """Return an integer; None when it is absent or another type."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def string_list(value: object) -> tuple[str, ...]:
    """Return the strings of a list, or a single string, without values of other types."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(replace_surrogates(item) for item in values if isinstance(item, str))


def optional_time(source: Json, name: str) -> datetime | None:
    """Return a time in UTC; None when it is absent or cannot be read.

    SES usually writes `2016-10-14T05:02:16.645Z`. Offsets and missing fractions occur, and some
    senders put a space before the offset. A time without an offset counts as UTC.
    """
    value = text(source, name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(SPACE_BEFORE_OFFSET.sub("", value.strip()))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
