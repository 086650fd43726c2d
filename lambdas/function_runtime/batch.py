"""Process the records of an SQS batch concurrently. Only failed records are retried.

Powertools' batch utility handles records one after the other, or by asyncio. Its import loads
asyncio and the classes of all event sources, which is a twentieth of a cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

__all__ = ["BatchResponse", "BatchResult", "QueueRecord", "process_batch"]

BatchResponse = dict[str, list[dict[str, str]]]


class QueueRecord:
    """A record of an SQS batch.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    Raises:
        KeyError: from a property, when the record does not have it.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record

    @property
    def message_id(self) -> str:
        """The id that SQS gave to the message. It is the same in each delivery."""
        return str(self._record["messageId"])

    @property
    def body(self) -> str:
        """The text of the message."""
        return str(self._record["body"])

    @property
    def queue_name(self) -> str:
        """The name of the queue; empty when the record does not say it."""
        return str(self._record.get("eventSourceARN", "")).rpartition(":")[2]

    @property
    def sent_at(self) -> datetime:
        """When SQS received the message."""
        milliseconds = int(self._record["attributes"]["SentTimestamp"])
        return datetime.fromtimestamp(milliseconds / 1000, UTC)


class BatchResult(NamedTuple):
    """The results of a batch, the failures by record id, and the response for Lambda."""

    results: list[Any]
    failures: list[tuple[str, Exception]]
    response: BatchResponse


def process_batch(
    records: Sequence[Mapping[str, Any]], handle: Callable[[QueueRecord], Any]
) -> BatchResult:
    """Handle each record in a thread of its own.

    The response names the failed records, and SQS delivers only these again.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    results: list[Any] = []
    failures: list[tuple[str, Exception]] = []
    with ThreadPoolExecutor(max(1, len(records)), "record") as pool:
        handled = [pool.submit(handle, QueueRecord(record)) for record in records]
    for record, future in zip(records, handled, strict=True):
        error = future.exception()
        if error is None:
            results.append(future.result())
        elif isinstance(error, Exception):
            failures.append((QueueRecord(record).message_id, error))
        else:
            raise error
    identifiers = [{"itemIdentifier": record_id} for record_id, _ in failures]
    return BatchResult(results, failures, {"batchItemFailures": identifiers})
