"""Truncates API responses to Lambda's 6 MB limit.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

__all__ = ["fit_batch", "take_within"]

T = TypeVar("T")
BATCH_SIZE = 6_000_000
"""Bytes of all entries of a batch together."""
LISTS = ("recipients", "detail")
"""The lists of a batch entry that are shortened."""


def take_within(entries: Iterable[T], count: int, size: int) -> list[T]:
    """Return the first entries: at most `count`, and at most `size` bytes together.

    The response is JSON inside the JSON of Lambda, so quotes are escaped twice.
    """
    taken: list[T] = []
    for entry in islice(entries, count):
        size -= _size(entry)
        if size < 0:
            break
        taken.append(entry)
    return taken


def fit_batch(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a batch. If they are too large together, shorten the large ones.

    The list of recipients or of field errors is shortened, and `is_truncated` is true then.
    """
    sizes = [_size(entry) for entry in entries]
    share = BATCH_SIZE // max(1, len(entries))
    if sum(sizes) <= BATCH_SIZE:
        return [dict(entry) for entry in entries]
    return [
        dict(entry) if size <= share else _shortened(entry, share)
        for entry, size in zip(entries, sizes, strict=True)
    ]


def _shortened(entry: Mapping[str, Any], size: int) -> dict[str, Any]:
    lists = {name: entry[name] for name in LISTS if name in entry}
    empty = {**entry, **dict.fromkeys(lists, ()), "is_truncated": True}
    rest = size - _size(empty)
    return empty | {name: take_within(items, len(items), rest) for name, items in lists.items()}


def _size(content: object) -> int:
    return len(json.dumps(json.dumps(content)))
