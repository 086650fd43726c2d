"""The alarms, and the address that they notify."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise, target

ALARM = "AWS::CloudWatch::Alarm"


@pytest.mark.parametrize(
    "queue",
    [
        "SendDeadLetters", "BulkDeadLetters", "EventsDeadLetters", "EventsUndelivered",
        "EngagementsDeadLetters", "EngagementsUndelivered",
    ],
)  # fmt: skip
def test_first_dead_letter_alarms(stack: SynthesisedStack, queue: str) -> None:
    (alarm,) = [
        a
        for a in stack.of_type(ALARM).values()
        if a["Namespace"] == "AWS/SQS"
        and target(a["Dimensions"][0]["Value"]).startswith(queue)
        and a["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]

    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["AlarmDescription"].endswith("holds messages: see docs/operating.md.")


def test_every_dead_letter_queue_has_an_alarm(stack: SynthesisedStack) -> None:
    dead_letter_queues = {
        name
        for name, properties in stack.of_type("AWS::SQS::Queue").items()
        if "RedrivePolicy" not in properties
    }

    watched = {
        target(a["Dimensions"][0]["Value"])
        for a in stack.of_type(ALARM).values()
        if a["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }

    assert watched == dead_letter_queues


@pytest.mark.parametrize(
    ("metric", "threshold"),
    [("Reputation.BounceRate", 0.05), ("Reputation.ComplaintRate", 0.001)],
)
def test_reputation_alarms_have_the_limits_of_aws(
    stack: SynthesisedStack, metric: str, threshold: float
) -> None:
    (alarm,) = [a for a in stack.of_type(ALARM).values() if a["MetricName"] == metric]

    assert (alarm["Namespace"], alarm["Threshold"]) == ("AWS/SES", threshold)
    assert "Dimensions" not in alarm
    assert alarm["TreatMissingData"] == "ignore"


@pytest.mark.parametrize("function", ["SendEmailFunction", "TrackEventsFunction"])
def test_errors_and_throttles_of_a_function_alarm(stack: SynthesisedStack, function: str) -> None:
    metrics = {
        a["MetricName"]
        for a in stack.of_type(ALARM).values()
        if a["Namespace"] == "AWS/Lambda"
        and target(a["Dimensions"][0]["Value"]).startswith(function)
    }

    assert metrics == {"Errors", "Throttles"}


@pytest.mark.parametrize(
    "metric",
    ["SendingStopped", "ConfigurationErrors", "EmailsAbandoned", "InternalErrors"],
)
def test_problems_of_sending_alarm(stack: SynthesisedStack, metric: str) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    environment = function["Environment"]["Variables"]

    (alarm,) = [a for a in stack.of_type(ALARM).values() if a["MetricName"] == metric]

    assert alarm["Namespace"] == environment["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [
        {"Name": "service", "Value": environment["POWERTOOLS_SERVICE_NAME"]}
    ]
    assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Sum")


@pytest.mark.parametrize(
    ("queue", "seconds"),
    [
        ("SendQueue", 1800),
        ("BulkQueue", 24 * 3600),
        ("EventsQueue", 1800),
        ("EngagementsQueue", 1800),
    ],
)
def test_old_message_in_a_work_queue_alarms(
    stack: SynthesisedStack, queue: str, seconds: int
) -> None:
    (alarm,) = [
        a
        for a in stack.of_type(ALARM).values()
        if a["MetricName"] == "ApproximateAgeOfOldestMessage"
        and target(a["Dimensions"][0]["Value"]).startswith(queue)
    ]

    assert alarm["Threshold"] == seconds


def test_alarms_have_no_action_without_an_address(stack: SynthesisedStack) -> None:
    assert all("AlarmActions" not in alarm for alarm in stack.of_type(ALARM).values())


def test_all_alarms_notify_the_address(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com")

    topic, _ = stack.find("AWS::SNS::Topic", "Alarms")
    subscriptions = [
        subscription
        for subscription in stack.of_type("AWS::SNS::Subscription").values()
        if subscription["Protocol"] == "email"
    ]

    assert [(s["Endpoint"], target(s["TopicArn"])) for s in subscriptions] == [
        ("ops@example.com", topic)
    ]
    for alarm in stack.of_type(ALARM).values():
        assert [target(action) for action in alarm["AlarmActions"]] == [topic]


def test_only_an_alarm_that_ends_notifies_of_ok(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com")
    topic, _ = stack.find("AWS::SNS::Topic", "Alarms")
    rule = stack.only("AWS::Events::Rule")
    detail = rule["EventPattern"]["detail"]

    # A new alarm becomes OK too, from INSUFFICIENT_DATA: an OK action would notify of it.
    assert not [alarm for alarm in stack.of_type(ALARM).values() if "OKActions" in alarm]
    assert (detail["previousState"], detail["state"]) == ({"value": ["ALARM"]}, {"value": ["OK"]})
    assert rule["EventPattern"]["source"] == ["aws.cloudwatch"]
    assert [target(rule_target["Arn"]) for rule_target in rule["Targets"]] == [topic]
    assert rule["State"] == "ENABLED"


def test_recovery_is_of_the_alarms_of_the_stage(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com", stage="dev")
    (prefix,) = stack.only("AWS::Events::Rule")["EventPattern"]["detail"]["alarmName"]

    # CloudFormation joins the stack's name and the logical id.
    assert prefix == {"prefix": "AmsdalMail-dev-Alarms"}
    assert all(name.startswith("Alarms") for name in stack.of_type(ALARM))
    assert not [alarm for alarm in stack.of_type(ALARM).values() if "AlarmName" in alarm]


def test_server_errors_of_the_api_alarm(stack: SynthesisedStack) -> None:
    (alarm,) = [a for a in stack.of_type(ALARM).values() if a["Namespace"] == "AWS/ApiGateway"]
    (http_api,) = stack.of_type("AWS::ApiGatewayV2::Api")

    assert alarm["MetricName"] == "5xx"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": http_api}}]
    assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Sum")
    assert alarm["TreatMissingData"] == "notBreaching"


def test_cloudwatch_may_publish_alarms_of_this_account(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com")

    _, policy = stack.find("AWS::SNS::TopicPolicy", "Alarms")
    (allowed,) = [
        statement
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]

    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
