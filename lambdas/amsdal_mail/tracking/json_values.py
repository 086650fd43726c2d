"""Read values out of JSON that others wrote: of the type expected, or nothing, or the error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from amsdal_mail.exceptions import InvalidEventError

Json = Mapping[str, Any]

NESTING_LIMIT = 40
"""Levels of objects and lists; a real event has six."""
SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def checked_nesting(payload: Json) -> Json:
    """Return the payload when writing it as JSON again cannot run out of stack."""
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
    """Read an object; empty where it is absent or null."""
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidEventError(name, "must be an object")
    return value


def text(source: Json, name: str) -> str | None:
    """Read a text that UTF-8 can write; None where there is none."""
    value = source.get(name)
    return writable(value) if isinstance(value, str) and value else None


def required_text(source: Json, name: str, path: str) -> str:
    """Read a text that must be there."""
    value = text(source, name)
    if value is None:
        raise InvalidEventError(path, "must be a text")
    return value


def writable(value: str) -> str:
    """Replace lone surrogates: JSON may hold them, UTF-8 and so AWS's calls may not."""
    return value if value.isascii() else value.encode(errors="replace").decode()


def whole_number(source: Json, name: str) -> int | None:
    """Read a whole number; None where there is none."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts, or a single one, leaving out whatever is no text."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(writable(one) for one in values if isinstance(one, str))


def optional_time(source: Json, name: str, path: str) -> datetime | None:
    """Read a time; None where it is absent or null.

    SES usually writes `2016-10-14T05:02:16.645Z`, but offsets and missing fractions occur, and
    some senders put a space before the offset. A time without an offset is taken as UTC.
    """
    value = source.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidEventError(path, "must be a time in ISO 8601")
    try:
        at = datetime.fromisoformat(SPACE_BEFORE_OFFSET.sub("", value.strip()))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidEventError(path, "must be a time in ISO 8601") from error
