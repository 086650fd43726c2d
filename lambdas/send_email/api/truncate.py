"""What of an answer fits into the 6 MB that Lambda takes, and what is not for its callers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from amsdal_mail.backends.aws.errors import ERROR_CODES
from amsdal_mail.status import SendState
from email_store.truncate import truncate

__all__ = ["take_within", "fit_batch", "redact_error"]

T = TypeVar("T")
BATCH_SIZE = 6_000_000
"""Bytes of all entries of a batch together."""
LISTS = ("recipients", "detail")
TEXT_LIMIT = 500
"""Bytes of an error's text."""
OPERATOR_ERROR_CODES = frozenset(
    code for code, one in ERROR_CODES.items() if one.raises and one.state is SendState.FAILED
) | {"ConfigurationError", "CredentialsError"}
"""What is for the operator to mend: permissions and credentials. AWS's text names them."""
OPERATOR_ERROR_TEXT = "the service is not set up to send this: its operator can see why"


def take_within(entries: Iterable[T], count: int, size: int) -> list[T]:
    """Return the first entries, so many at most, that take no more than `size` bytes together.

    The answer is JSON that stands as a string in the JSON of Lambda: quotes are escaped twice.
    """
    found: list[T] = []
    for entry in islice(entries, count):
        size -= _size(entry)
        if size < 0:
            break
        found.append(entry)
    return found


def fit_batch(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a batch, in case of need cut to the same size each.

    What is cut is the list of recipients or of broken rules; `is_truncated` tells of it.
    """
    sizes = [_size(one) for one in entries]
    share = BATCH_SIZE // max(1, len(entries))
    if sum(sizes) <= BATCH_SIZE:
        return [dict(one) for one in entries]
    return [
        dict(one) if size <= share else _shortened(one, share)
        for one, size in zip(entries, sizes, strict=True)
    ]


def _shortened(entry: Mapping[str, Any], size: int) -> dict[str, Any]:
    lists = {name: entry[name] for name in LISTS if name in entry}
    empty = {**entry, **dict.fromkeys(lists, ()), "is_truncated": True}
    room = size - _size(empty)
    return empty | {name: take_within(every, len(every), room) for name, every in lists.items()}


def _size(content: object) -> int:
    return len(json.dumps(json.dumps(content)))


def redact_error(code: str | None, text: str | None) -> str | None:
    """Return what callers may read of an error's text: nothing that names our account or role."""
    if text is None:
        return None
    return (
        OPERATOR_ERROR_TEXT
        if code in OPERATOR_ERROR_CODES or "arn:aws" in text
        else truncate(text, TEXT_LIMIT)
    )
