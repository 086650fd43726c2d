"""The Lambda handler for SES's events, whichever way they come."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.addresses import mask
from amsdal_mail.exceptions import MailError
from amsdal_mail.tracking import parse_notification
from email_store.store import StoreError
from function_runtime.batch import process_batch
from function_runtime.safe_logging import exception_chain, traceback_lines
from function_runtime.tracing import traced
from track_events.envelopes import documents, is_from_sqs

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from amsdal_mail.tracking import TrackingEvent
    from track_events.service import Tracker

    Json = dict[str, Any]
    Answer = PartialItemFailureResponse | None
    Handler = Callable[[Json, LambdaContext], Answer]

__all__ = ["build"]


def build(make_tracker: Callable[[], Tracker]) -> Handler:
    """Make the handler; it makes its collaborators when it is first called."""
    logger, metrics = Logger(location=None), Metrics()

    @logger.inject_lambda_context
    @traced
    @metrics.log_metrics(capture_cold_start_metric=True)
    def track(event: Json, _context: LambdaContext) -> Answer:
        tally: Counter[str] = Counter()
        try:
            if is_from_sqs(event):
                return _track_batch(make_tracker(), event, tally, logger)
            _track_whole(make_tracker(), event, tally, logger)
        finally:
            logger.info("tracked", counts=dict(+tally))
            for name, count in (+tally).items():
                metrics.add_metric(name, MetricUnit.Count, count)
        return None

    handler: Handler = track
    return handler


def _track_batch(
    tracker: Tracker, event: Json, tally: Counter[str], logger: Logger
) -> PartialItemFailureResponse:
    """Track every SQS record; one that fails comes back alone, at last as a dead letter."""

    tallies: list[Counter[str]] = []  # one a record: they share nothing

    def track(record: SQSRecord) -> None:
        found: Counter[str] = Counter()
        tallies.append(found)
        tracker.track(_read(record.body, logger), found)

    batch = process_batch(event["Records"], track)
    for found in tallies:
        tally.update(found)
    for record_id, error in batch.failures:
        tally["FailedRecords"] += 1
        text = str(error) if isinstance(error, MailError) else None  # names a field, no address
        details = {"record": record_id, "errors": exception_chain(error), "text": text}
        logger.warning("record failed", extra={**details, "stack": traceback_lines(error)})
    return batch.answer


def _track_whole(tracker: Tracker, event: Json, tally: Counter[str], logger: Logger) -> None:
    """Track what came without a queue: raising is the only way to have it sent again."""
    found = documents(event)
    if not found:
        tally["IgnoredNotifications"] += 1
    try:
        for document in found:
            tracker.track(_read(document, logger), tally)
    except (MailError, StoreError, BotoCoreError, ClientError):
        tally["FailedRecords"] += 1
        raise


def _read(document: object, logger: Logger) -> list[TrackingEvent]:
    events = parse_notification(document)
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
