"""SQS records handled side by side, each with an outcome of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.base import FailureResponse
    from aws_lambda_powertools.utilities.batch.exceptions import ExceptionInfo
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

__all__ = ["ConcurrentBatchProcessor"]


class ConcurrentBatchProcessor(BatchProcessor):
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
