"""The Lambda handler of the send function: HTTP requests, and records of the send queue.

It ignores any other event, such as a ping that keeps a worker warm.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from function_runtime.batch import process_batch
from function_runtime.tracing import traced
from send_email.queue.records import handle_record
from send_email.sending.hand_over import HandOverBudget
from send_email.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from email_store.metrics import MetricsStore
    from send_email.contents.uploads import Uploads
    from send_email.sending.service import SendService
    from send_email.suppressions import Suppressions

    Json = dict[str, Any]
    Handler = Callable[[Json, LambdaContext], Json]

__all__ = ["create_handler"]


def create_handler(
    build_service: Callable[[], SendService],
    build_api_service: Callable[[], SendService],
    build_suppressions: Callable[[], Suppressions],
    build_uploads: Callable[[], Uploads],
    build_metrics: Callable[[], MetricsStore],
    scope_prefix: Callable[[], str],
) -> Handler:
    """Return the handler. It calls `build_service` in each invocation, which returns the same.

    The API is built at the first HTTP request: a worker of the queue does not need it.
    """
    logger, metrics = Logger(location=None), Metrics()
    telemetry = Telemetry(logger, metrics)

    @cache
    def api() -> APIGatewayHttpResolver:
        from send_email.api.routes import build_api

        return build_api(
            build_api_service(),
            build_suppressions,
            build_uploads,
            build_metrics,
            scope_prefix,
            telemetry,
        )

    @logger.inject_lambda_context
    @traced
    @metrics.log_metrics(capture_cold_start_metric=True)
    def handler(event: Json, context: LambdaContext) -> Json:
        if _is_from_queue(event):
            return _send_records(build_service(), event, telemetry, context)
        if not _is_http_request(event):
            telemetry.record_ignored_event()
            return {}
        from send_email.api.requests import with_path_of_route

        response = api().resolve(with_path_of_route(event), context)
        telemetry.record_response(event.get("routeKey", ""), response["statusCode"])
        return response

    typed: Handler = handler
    return typed


def _is_from_queue(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(r, dict) and r.get("eventSource") == "aws:sqs" for r in records)
    )


def _is_http_request(event: Any) -> bool:
    """Return whether API Gateway's HTTP API sent the event, in its format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def _send_records(
    service: SendService, event: Json, telemetry: Telemetry, context: LambdaContext
) -> Json:
    """Send all SQS records. Only a failed record is retried, and ends as a dead letter."""
    remaining = context.get_remaining_time_in_millis()
    deadline, budget = service.deadline(remaining), HandOverBudget(remaining / 1000)
    batch = process_batch(
        event["Records"], lambda record: handle_record(service, record, deadline, budget)
    )
    for outcome in batch.results:
        if outcome is None:
            telemetry.record_vain_timer()
        else:
            telemetry.record_outcome(outcome)
    for record_id, error in batch.failures:
        telemetry.record_failed_record(record_id, error)
    return batch.response
