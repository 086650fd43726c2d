"""SQS records handled side by side, each with an outcome of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.batch.base import FailureResponse
    from aws_lambda_powertools.utilities.batch.exceptions import ExceptionInfo
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

__all__ = ["BatchResult", "process_batch"]


class BatchResult(NamedTuple):
    """What came of a batch: the results, the failures by record id, and the answer to Lambda."""

    results: list[Any]
    failures: list[tuple[str, BaseException | None]]
    answer: PartialItemFailureResponse


def process_batch(records: list[dict[str, Any]], handle: Callable[[SQSRecord], Any]) -> BatchResult:
    """Handle every record in a thread of its own; one that fails comes back alone."""
    processor = _ConcurrentBatchProcessor()
    # Powertools passes the record by name, and hands tuples about.
    with processor(records, lambda record: handle(record)):
        results = [result for success, result, _ in processor.process() if success == "success"]
    answer = processor.response()
    ids = (str(one["itemIdentifier"]) for one in answer["batchItemFailures"])
    errors = (error for _, error, _ in processor.exceptions)
    return BatchResult(results, list(zip(ids, errors, strict=True)), answer)


class _ConcurrentBatchProcessor(BatchProcessor):
    """Powertools' processor, one thread a record: a batch takes as long as its slowest record."""

    def __init__(self) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._lock = threading.Lock()

    def process(self) -> list[tuple[Any, ...]]:
        """Handle every record; the answers come in their order."""
        with ThreadPoolExecutor(max(1, len(self.records)), "record") as pool:
            return list(pool.map(self._process_record, self.records))

    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        """Note a failure; the two lists that Powertools keeps of them stay in step."""
        with self._lock:
            return super().failure_handler(record, exception)
