"""The CloudWatch dashboard: sending, reputation, queues and functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import SENDING_ALARMS, reputation_metric, sending_metric
from infra.work_queue import WorkQueue

__all__ = ["Dashboard"]

HALF_WIDTH = 12
PERIOD = Duration.minutes(5)
RECIPIENT_METRICS = (
    "RecipientsAccepted", "RecipientsQueued", "RecipientsSuppressed", "RecipientsFailed",
    "RecipientsUnknown", "RecipientsRejected", "BulkRecipientsAccepted",
)  # fmt: skip
SES_METRICS = ("Send", "Delivery", "Bounce", "Complaint", "Reject", "Open", "Click")


class Dashboard(Construct):
    """A dashboard of single metrics, without metric math.

    Args:
        namespace: the stage's metrics.
        queues: the queues by the label that the graphs show.
        undelivered: the queues of events that SNS could not deliver, by their label.
        functions: the functions by their label.
        http_api: the API, with its requests and errors.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace: str,
        queues: Mapping[str, WorkQueue],
        undelivered: Mapping[str, sqs.IQueue],
        functions: Mapping[str, lambda_.IFunction],
        http_api: api.IHttpApi,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        by_label: dict[str, sqs.IQueue] = {label: queue.queue for label, queue in queues.items()}
        by_label |= {f"{label} dead letters": queue.dead_letters for label, queue in queues.items()}
        by_label |= {f"undelivered {label}": queue for label, queue in undelivered.items()}
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            # The name of a dashboard is unique in the account, across its regions.
            dashboard_name=f"{stack.stack_name}-{stack.region}",
            widgets=[
                [_recipients(namespace), _graph("SES, whole account", _ses_metrics())],
                [_requests(http_api), _failures(namespace)],
                [_queue_lengths(by_label), _oldest_messages(by_label)],
                [_invocations(functions), _durations(functions)],
                [_reputation()],
            ],
        )


def _graph(title: str, metrics: Iterable[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=HALF_WIDTH)


def _recipients(namespace: str) -> cloudwatch.IWidget:
    return _graph("Recipients", [sending_metric(namespace, name) for name in RECIPIENT_METRICS])


def _requests(http_api: api.IHttpApi) -> cloudwatch.IWidget:
    metrics: list[cloudwatch.IMetric] = [
        metric(period=PERIOD, statistic="Sum")
        for metric in (
            http_api.metric_count, http_api.metric_client_error, http_api.metric_server_error,
        )
    ]  # fmt: skip
    return _graph("HTTP API", metrics)


def _failures(namespace: str) -> cloudwatch.IWidget:
    return _graph("Sending alarms", [sending_metric(namespace, name) for name in SENDING_ALARMS])


def _ses_metrics() -> list[cloudwatch.IMetric]:
    return [
        cloudwatch.Metric(
            namespace="AWS/SES", metric_name=name, period=PERIOD, statistic="Sum", label=name
        )
        for name in SES_METRICS
    ]


def _reputation() -> cloudwatch.IWidget:
    return _graph(
        "Reputation, whole account",
        [reputation_metric(name) for name in ("BounceRate", "ComplaintRate")],
    )


def _queue_lengths(queues: Mapping[str, sqs.IQueue]) -> cloudwatch.IWidget:
    metrics = (
        queue.metric_approximate_number_of_messages_visible(
            label=label, period=PERIOD, statistic="Maximum"
        )
        for label, queue in queues.items()
    )
    return _graph("Messages in the queues", metrics)


def _oldest_messages(queues: Mapping[str, sqs.IQueue]) -> cloudwatch.IWidget:
    metrics = [
        queue.metric_approximate_age_of_oldest_message(
            label=label, period=PERIOD, statistic="Maximum"
        )
        for label, queue in queues.items()
    ]
    return _graph("Age of the oldest message, seconds", metrics)


def _invocations(functions: Mapping[str, lambda_.IFunction]) -> cloudwatch.IWidget:
    metrics: list[cloudwatch.IMetric] = []
    for label, function in functions.items():
        metrics += [
            function.metric_invocations(
                label=f"{label} invocations", period=PERIOD, statistic="Sum"
            ),
            function.metric_errors(label=f"{label} errors", period=PERIOD, statistic="Sum"),
            function.metric_throttles(label=f"{label} throttles", period=PERIOD, statistic="Sum"),
        ]
    return _graph("Functions", metrics)


def _durations(functions: Mapping[str, lambda_.IFunction]) -> cloudwatch.IWidget:
    metrics = [
        function.metric_duration(label=f"{label} {statistic}", period=PERIOD, statistic=statistic)
        for label, function in functions.items()
        for statistic in ("p50", "p99")
    ]
    return _graph("Duration, milliseconds", metrics)
