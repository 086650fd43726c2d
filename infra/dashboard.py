"""One page that shows how sending goes: outcomes, queues, functions, reputation."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import reputation_metric

_HALF = 12
_PERIOD = Duration.minutes(5)
_SES_COUNTS = ("Send", "Delivery", "Bounce", "Complaint", "Reject", "Open", "Click")


class Dashboard(Construct):
    """A CloudWatch dashboard of the stack's own metrics, without metric math."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queues: Mapping[str, sqs.IQueue],
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            # A dashboard's name is one for all regions of the account.
            dashboard_name=f"{stack.stack_name}-{stack.region}",
            widgets=[
                [_graph("SES, whole account", _ses_counts()), _reputation()],
                [_queue_lengths(queues), _oldest_messages(queues)],
                [_invocations(functions), _durations(functions)],
            ],
        )


def _graph(title: str, metrics: Iterable[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)


def _ses_counts() -> list[cloudwatch.IMetric]:
    return [
        cloudwatch.Metric(
            namespace="AWS/SES", metric_name=name, period=_PERIOD, statistic="Sum", label=name
        )
        for name in _SES_COUNTS
    ]


def _reputation() -> cloudwatch.IWidget:
    return _graph("Reputation", [reputation_metric(n) for n in ("BounceRate", "ComplaintRate")])


def _queue_lengths(queues: Mapping[str, sqs.IQueue]) -> cloudwatch.IWidget:
    metrics = (
        queue.metric_approximate_number_of_messages_visible(
            label=label, period=_PERIOD, statistic="Maximum"
        )
        for label, queue in queues.items()
    )
    return _graph("Messages waiting", metrics)


def _oldest_messages(queues: Mapping[str, sqs.IQueue]) -> cloudwatch.IWidget:
    metrics = [
        queue.metric_approximate_age_of_oldest_message(
            label=label, period=_PERIOD, statistic="Maximum"
        )
        for label, queue in queues.items()
    ]
    return _graph("Oldest message, seconds", metrics)


def _invocations(functions: Mapping[str, lambda_.IFunction]) -> cloudwatch.IWidget:
    metrics: list[cloudwatch.IMetric] = []
    for label, function in functions.items():
        metrics += [
            function.metric_invocations(label=f"{label} started", period=_PERIOD, statistic="Sum"),
            function.metric_errors(label=f"{label} failed", period=_PERIOD, statistic="Sum"),
            function.metric_throttles(label=f"{label} refused", period=_PERIOD, statistic="Sum"),
        ]
    return _graph("Functions", metrics)


def _durations(functions: Mapping[str, lambda_.IFunction]) -> cloudwatch.IWidget:
    metrics = [
        function.metric_duration(label=f"{label} {statistic}", period=_PERIOD, statistic=statistic)
        for label, function in functions.items()
        for statistic in ("p50", "p99")
    ]
    return _graph("Duration, milliseconds", metrics)
