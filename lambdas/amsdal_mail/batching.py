"""Entries in batches that one call takes: SendMessageBatch and PutEvents both take ten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["SQS_SIZE_LIMIT", "batches"]

T = TypeVar("T")
ENTRY_LIMIT = 10
SQS_SIZE_LIMIT = 1024 * 1024
"""Bytes of one SQS message with its attributes, and of all messages of one call."""


def batches(entries: Iterable[T], size: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """Group the entries in their order; those of a batch have at most `limit` bytes together."""
    batch: list[T] = []
    total = 0
    for entry in entries:
        more = size(entry)
        if batch and (len(batch) == ENTRY_LIMIT or total + more > limit):
            yield batch
            batch, total = [], 0
        batch.append(entry)
        total += more
    if batch:
        yield batch
