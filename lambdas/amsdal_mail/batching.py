"""Groups entries into the batches that one call takes.

SendMessageBatch and PutEvents take at most ten entries:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["SQS_SIZE_LIMIT", "batches"]

T = TypeVar("T")
ENTRY_LIMIT = 10
SQS_SIZE_LIMIT = 1024 * 1024
"""Bytes of an SQS message with its attributes, and of all messages of one call."""


def batches(entries: Iterable[T], size: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """Yield the entries in order, in batches of at most ten entries and `limit` bytes."""
    batch: list[T] = []
    total = 0
    for entry in entries:
        entry_size = size(entry)
        if batch and (len(batch) == ENTRY_LIMIT or total + entry_size > limit):
            yield batch
            batch, total = [], 0
        batch.append(entry)
        total += entry_size
    if batch:
        yield batch
