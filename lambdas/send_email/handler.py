"""The Lambda handler that sends: requests of the HTTP API, and records of the send queue."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from function_runtime.batch import process_batch
from function_runtime.tracing import traced
from send_email.queue.records import handle_record
from send_email.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from send_email.sending.service import SendService
    from send_email.suppressions import Suppressions

    Json = dict[str, Any]
    Handler = Callable[[Json, LambdaContext], Json]

__all__ = ["build"]


def build(
    make_service: Callable[[], SendService], make_lists: Callable[[], Suppressions]
) -> Handler:
    """Make the handler; it makes its collaborators when it is first called."""
    logger, metrics = Logger(location=None), Metrics()
    telemetry = Telemetry(logger, metrics)

    @cache
    def api() -> APIGatewayHttpResolver:
        from send_email.api.routes import build_api

        return build_api(make_service(), make_lists, telemetry)

    @logger.inject_lambda_context
    @traced
    @metrics.log_metrics(capture_cold_start_metric=True)
    def send(event: Json, context: LambdaContext) -> Json:
        if "Records" in event:
            return _send_records(make_service(), event, telemetry, context)
        answer = api().resolve(event, context)
        telemetry.record_response(event.get("routeKey", ""), answer["statusCode"])
        return answer

    handler: Handler = send
    return handler


def _send_records(
    service: SendService, event: Json, telemetry: Telemetry, context: LambdaContext
) -> Json:
    """Send every SQS record; one that fails comes back alone, at last as a dead letter."""
    deadline = service.deadline(context.get_remaining_time_in_millis())
    batch = process_batch(event["Records"], lambda record: handle_record(service, record, deadline))
    for outcome in batch.results:
        telemetry.record_outcome(outcome)
    for record_id, error in batch.failures:
        telemetry.record_failed_record(record_id, error)
    return dict(batch.response)
