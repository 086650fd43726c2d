"""Alarms for what a person has to look at, and the address they go to."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.service_function import METRICS_NAMESPACE

# AWS puts an account under review from these rates on.
BOUNCE_RATE_LIMIT = 0.05
COMPLAINT_RATE_LIMIT = 0.001
# A record that waits for its next try is hidden for 15 minutes at the most (SQS's longest delay),
# so an older one means that the queue is not drained.
OLDEST_MESSAGE_SECONDS = 30 * 60

_FIVE_MINUTES = Duration.minutes(5)
_SENDING_TROUBLES = {
    "SendingStopped": "SES takes nothing: the daily quota is used up or sending is paused.",
    "ConfigurationErrors": "AWS refuses the set-up: permission, credentials, configuration set.",
    "EmailsGivenUp": "An email was tried for days and is given up: its state is failed.",
    "InternalErrors": "A request or a record met an error nobody foresaw: the log tells which.",
}


class Alarms(Construct):
    """Alarms on plain metrics, each sent to the alert topic when an address is given."""

    def __init__(self, scope: Construct, construct_id: str, *, alert_email: str) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._alert_topic(alert_email) if alert_email else None

    def dead_letters(self, label: str, queue: sqs.IQueue) -> None:
        """Alarm as soon as one message lies in a dead-letter queue."""
        metric = queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic="Maximum"
        )
        reason = f"{label} holds messages: see Operating in the README."
        self._alarm(f"{label}NotEmpty", metric, 1, reason)

    def oldest_message(self, label: str, queue: sqs.IQueue) -> None:
        """Alarm when a queue's oldest message is not taken."""
        metric = queue.metric_approximate_age_of_oldest_message(
            period=_FIVE_MINUTES, statistic="Maximum"
        )
        reason = f"The oldest message in the {label} queue waits: sending is too slow or stopped."
        self._alarm(f"{label}Waits", metric, OLDEST_MESSAGE_SECONDS, reason, periods=3)

    def function(self, label: str, function: lambda_.IFunction) -> None:
        """Alarm on a function's errors and on refused invocations."""
        errors = function.metric_errors(period=_FIVE_MINUTES, statistic="Sum")
        self._alarm(f"{label}Errors", errors, 1, f"{label} ended with an error.")
        throttles = function.metric_throttles(period=_FIVE_MINUTES, statistic="Sum")
        reason = f"Lambda refused to start {label}: the account's concurrency is used up."
        self._alarm(f"{label}Throttles", throttles, 1, reason, periods=3)

    def sending(self) -> None:
        """Alarm on what the send function itself cannot mend; see its metrics."""
        for name, reason in _SENDING_TROUBLES.items():
            # Their emails wait on the queue and are tried again at least every 15 minutes.
            metric = cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=name,
                dimensions_map={"service": "send_email"},
                period=_FIVE_MINUTES,
                statistic="Sum",
            )
            self._alarm(name, metric, 1, reason)

    def reputation(self) -> None:
        """Alarm on the account's bounce and complaint rate, which AWS judges it by."""
        limits = {"BounceRate": BOUNCE_RATE_LIMIT, "ComplaintRate": COMPLAINT_RATE_LIMIT}
        for name, limit in limits.items():
            metric = reputation_metric(name)
            reason = f"SES's {name} is at {limit:.1%}, where AWS puts an account under review."
            # SES reports only while it sends: silence says nothing about the rate.
            self._alarm(name, metric, limit, reason, silence=cloudwatch.TreatMissingData.IGNORE)

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        reason: str,
        *,
        periods: int = 1,
        silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=silence,
            alarm_description=reason,
        )
        if self.topic:
            alarm.add_alarm_action(actions.SnsAction(self.topic))
            alarm.add_ok_action(actions.SnsAction(self.topic))

    def _alert_topic(self, address: str) -> sns.Topic:
        topic = sns.Topic(self, "Alerts", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(address))
        stack = Stack.of(self)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        return topic


def reputation_metric(name: str) -> cloudwatch.Metric:
    """Give the account's `BounceRate` or `ComplaintRate`, a fraction of 1."""
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=f"Reputation.{name}",
        period=Duration.hours(1),
        statistic="Average",
    )
