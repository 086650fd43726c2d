"""The Lambda handler for SES's events, from SQS, SNS, EventBridge or a direct invocation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.addresses import mask
from amsdal_mail.exceptions import MailError
from amsdal_mail.tracking import parse_notification
from email_store.metrics import add_up
from email_store.store import StoreError
from function_runtime.batch import process_batch
from function_runtime.safe_logging import exception_chain, traceback_lines
from function_runtime.tracing import traced
from track_events.envelopes import is_from_sqs, notifications

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from amsdal_mail.tracking import TrackingEvent
    from email_store.metrics import Measures, MetricsStore
    from function_runtime.batch import BatchResponse, QueueRecord
    from track_events.service import Tracker

    Json = dict[str, Any]
    Handler = Callable[[Json, LambdaContext], BatchResponse | None]

__all__ = ["create_handler"]

TIME_TO_FINISH_MS = 10_000
"""Milliseconds that must be left before the next events of a notification are tracked."""


def create_handler(
    build_tracker: Callable[[], Tracker], build_metrics: Callable[[], MetricsStore]
) -> Handler:
    """Return the handler. It calls both functions in each invocation, which return the same."""
    logger, metrics = Logger(location=None), Metrics()

    @logger.inject_lambda_context
    @traced
    @metrics.log_metrics(capture_cold_start_metric=True)
    def handler(event: Json, context: LambdaContext) -> BatchResponse | None:
        counts: Counter[str] = Counter()
        measures: Measures = []
        try:
            if is_from_sqs(event):
                return _track_records(build_tracker(), event, context, counts, measures, logger)
            _track_notifications(build_tracker(), event, counts, measures, logger)
        finally:
            _count(build_metrics, measures, counts, logger)
            logger.info("events tracked", counts=dict(+counts))
            for name, count in (+counts).items():
                metrics.add_metric(name, MetricUnit.Count, count)
        return None

    typed: Handler = handler
    return typed


def _count(
    build_metrics: Callable[[], MetricsStore],
    measures: Measures,
    counts: Counter[str],
    logger: Logger,
) -> None:
    """Add what the events count for to the metrics, a write for each series.

    The events are done: they do not come again. So a failure loses these numbers, and is no
    failure of the events.
    """
    if not measures:
        return
    try:
        build_metrics().count_metrics(add_up(measures))
    except Exception as error:  # noqa: BLE001 - it is logged and counted
        counts["MetricsLost"] += len(measures)
        details = {"errors": exception_chain(error), "stack": traceback_lines(error)}
        logger.warning("metrics lost", extra=details)


def _track_records(
    tracker: Tracker,
    event: Json,
    context: LambdaContext,
    counts: Counter[str],
    measures: Measures,
    logger: Logger,
) -> BatchResponse:
    """Track all SQS records. Only a failed record is retried, and ends as a dead letter."""
    counts_by_record: list[Counter[str]] = []  # a Counter for each thread

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_FINISH_MS

    def track(record: QueueRecord) -> None:
        counts_of_record: Counter[str] = Counter()
        counts_by_record.append(counts_of_record)
        events = _parse(record.body, logger, record.sent_at)
        tracker.track(events, counts_of_record, has_time, measures)

    batch = process_batch(event["Records"], track)
    for finished in counts_by_record:
        counts.update(finished)
    for record_id, error in batch.failures:
        counts["FailedRecords"] += 1
        text = str(error) if isinstance(error, MailError) else None  # names a field, no address
        details = {"record": record_id, "errors": exception_chain(error), "text": text}
        logger.warning("record failed", extra={**details, "stack": traceback_lines(error)})
    return batch.response


def _track_notifications(
    tracker: Tracker, event: Json, counts: Counter[str], measures: Measures, logger: Logger
) -> None:
    """Track an invocation without a queue. Only an exception makes the sender retry it."""
    received = notifications(event)
    if not received:
        counts["IgnoredNotifications"] += 1
    try:
        for notification in received:
            tracker.track(_parse(notification, logger), counts, measures=measures)
    except (MailError, StoreError, BotoCoreError, ClientError):
        counts["FailedRecords"] += 1
        raise


def _parse(
    notification: object, logger: Logger, received_at: datetime | None = None
) -> list[TrackingEvent]:
    events = parse_notification(notification, received_at)
    for event in events:
        logger.debug(
            "event",
            extra={
                "kind": event.kind,
                "event_type": event.event_type,
                "email_id": event.email_id,
                "message_id": event.message_id,
                "recipient": mask(event.recipient or ""),
            },
        )
    return events
