"""CloudWatch alarms, and the address that they notify."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.work_queue import WorkQueue

__all__ = ["OLDEST_BULK_SECONDS", "SENDING_ALARMS", "Alarms", "reputation_metric", "sending_metric"]

REPUTATION_LIMITS = {"BounceRate": 0.05, "ComplaintRate": 0.001}
"""From these rates on, AWS reviews an account.

https://docs.aws.amazon.com/ses/latest/dg/reputation-dashboard-dg.html
"""

OLDEST_MESSAGE_SECONDS = 30 * 60
"""SQS hides a record for 15 minutes at most before a retry. An older record is not being read."""

OLDEST_BULK_SECONDS = 24 * 60 * 60
"""A large mailing waits for hours at a low sending rate. After a day, more comes than is sent."""

FIVE_MINUTES = Duration.minutes(5)

SENDING_ALARMS = {
    "SendingStopped": "SES accepts no email: the daily quota is used up or sending is paused.",
    "ConfigurationErrors": (
        "AWS rejects the set-up: permission, credentials, configuration set, or a sender that is"
        " not verified."
    ),
    "EmailsAbandoned": "An email is abandoned after days of retries: its state is failed.",
    "InternalErrors": "A request or a record failed with an unexpected error: see the log.",
}
"""Metrics of the send function for problems that it cannot solve itself.

The emails concerned wait on the queue, with a retry at least every 15 minutes.
"""


class Alarms(Construct):
    """Alarms on single metrics. With an alert address, each notifies it by an SNS topic."""

    def __init__(self, scope: Construct, construct_id: str, *, alert_email: str) -> None:
        super().__init__(scope, construct_id)
        self._topic = _alert_topic(self, alert_email) if alert_email else None
        if self._topic:
            _notify_of_recovery(self, self._topic)

    def add_queue_alarms(
        self, label: str, queue: WorkQueue, *, oldest_seconds: int = OLDEST_MESSAGE_SECONDS
    ) -> None:
        """Alarm on dead letters, and on records that wait for too long."""
        self.add_dead_letter_alarm(f"{label}DeadLetters", queue.dead_letters)
        metric = queue.queue.metric_approximate_age_of_oldest_message(
            period=FIVE_MINUTES, statistic="Maximum"
        )
        reason = f"The oldest message of the {label} queue waits: its function is slow or stopped."
        self._add(f"{label}QueueAge", metric, oldest_seconds, reason, periods=3)

    def add_dead_letter_alarm(self, label: str, queue: sqs.IQueue) -> None:
        """Alarm on the first message in a dead-letter queue."""
        metric = queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic="Maximum"
        )
        reason = f"{label} holds messages: see docs/operating.md."
        self._add(f"{label}NotEmpty", metric, 1, reason)

    def add_function_alarms(self, label: str, function: lambda_.IFunction) -> None:
        """Alarm on errors, and on invocations that Lambda throttled."""
        errors = function.metric_errors(period=FIVE_MINUTES, statistic="Sum")
        self._add(f"{label}Errors", errors, 1, f"{label} ended with an error.")
        throttles = function.metric_throttles(period=FIVE_MINUTES, statistic="Sum")
        reason = f"Lambda throttled {label}: the account's concurrency is used up."
        self._add(f"{label}Throttles", throttles, 1, reason, periods=3)

    def add_api_alarm(self, http_api: api.IHttpApi) -> None:
        """Alarm on responses of the status 5xx, also those of API Gateway itself."""
        metric = http_api.metric_server_error(period=FIVE_MINUTES, statistic="Sum")
        reason = "The HTTP API responded with a status of 500 or more: see its access log."
        self._add("ApiServerErrors", metric, 1, reason)

    def add_sending_alarms(self, namespace: str) -> None:
        """Alarm on each metric of SENDING_ALARMS."""
        for name, reason in SENDING_ALARMS.items():
            self._add(name, sending_metric(namespace, name), 1, reason)

    def add_reputation_alarms(self) -> None:
        """Alarm on the account's bounce and complaint rates."""
        for name, limit in REPUTATION_LIMITS.items():
            reason = f"The account's {name} at SES is {limit:.1%} or more: AWS reviews the account."
            # SES publishes the rate only while it sends.
            missing_data = cloudwatch.TreatMissingData.IGNORE
            self._add(name, reputation_metric(name), limit, reason, missing_data=missing_data)

    def _add(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        reason: str,
        *,
        periods: int = 1,
        missing_data: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=missing_data,
            alarm_description=reason,
        )
        if self._topic:
            alarm.add_alarm_action(actions.SnsAction(self._topic))


def sending_metric(namespace: str, name: str) -> cloudwatch.Metric:
    """Return a metric of the send function of a stage."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={"service": "send_email"},
        period=FIVE_MINUTES,
        statistic="Sum",
    )


def reputation_metric(name: str) -> cloudwatch.Metric:
    """Return the account's `BounceRate` or `ComplaintRate`, a fraction of 1."""
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=f"Reputation.{name}",
        period=Duration.hours(1),
        statistic="Average",
    )


def _notify_of_recovery(scope: Construct, topic: sns.Topic) -> None:
    """Notify when an alarm ends.

    An OK action would notify of each new alarm too, because it begins with INSUFFICIENT_DATA:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
    """
    text = events.RuleTargetInput.from_text(
        f"OK again: {events.EventField.from_path('$.detail.alarmName')}. "
        f"{events.EventField.from_path('$.detail.configuration.description')}"
    )
    events.Rule(
        scope,
        "Recovery",
        event_pattern=events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change"],
            detail={
                # CloudFormation's name of an alarm: the stack and the logical id.
                "alarmName": [{"prefix": f"{Stack.of(scope).stack_name}-{scope.node.id}"}],
                "state": {"value": ["OK"]},
                "previousState": {"value": ["ALARM"]},
            },
        ),
        targets=[targets.SnsTopic(topic, message=text)],
    )


def _alert_topic(scope: Construct, address: str) -> sns.Topic:
    topic = sns.Topic(scope, "Alerts", enforce_ssl=True)
    topic.add_subscription(subscriptions.EmailSubscription(address))
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
    return topic
