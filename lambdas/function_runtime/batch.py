"""Process the records of an SQS batch concurrently. Only failed records are retried."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.batch.base import FailureResponse
    from aws_lambda_powertools.utilities.batch.exceptions import ExceptionInfo
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

__all__ = ["BatchResult", "process_batch"]


class BatchResult(NamedTuple):
    """The results of a batch, the failures by record id, and the response for Lambda."""

    results: list[Any]
    failures: list[tuple[str, BaseException | None]]
    response: PartialItemFailureResponse


def process_batch(records: list[dict[str, Any]], handle: Callable[[SQSRecord], Any]) -> BatchResult:
    """Handle each record in a thread of its own.

    The response names the failed records, and SQS delivers only these again.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    processor = _ConcurrentBatchProcessor()
    # Powertools passes the record as a keyword argument.
    with processor(records, lambda record: handle(record)):
        results = [result for success, result, _ in processor.process() if success == "success"]
    response = processor.response()
    ids = (str(failure["itemIdentifier"]) for failure in response["batchItemFailures"])
    errors = (error for _, error, _ in processor.exceptions)
    return BatchResult(results, list(zip(ids, errors, strict=True)), response)


class _ConcurrentBatchProcessor(BatchProcessor):
    """Powertools' processor, with one thread for each record of a batch."""

    def __init__(self) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._lock = threading.Lock()

    @override
    def process(self) -> list[tuple[Any, ...]]:
        with ThreadPoolExecutor(max(1, len(self.records)), "record") as pool:
            return list(pool.map(self._process_record, self.records))

    @override
    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        with self._lock:  # Powertools keeps two lists: they need the same order
            return super().failure_handler(record, exception)
