"""The alarms, and who hears of them."""

from pathlib import Path

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise, target

ALARM = "AWS::CloudWatch::Alarm"


@pytest.mark.parametrize("queue", ["SendDeadLetters", "EventsDeadLetters", "EventsUndelivered"])
def test_one_dead_letter_raises_an_alarm(stack: SynthesisedStack, queue: str) -> None:
    (alarm,) = [
        a
        for a in stack.of_type(ALARM).values()
        if a["Namespace"] == "AWS/SQS"
        and target(a["Dimensions"][0]["Value"]).startswith(queue)
        and a["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]

    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["AlarmDescription"].endswith("holds messages: see Operating in the README.")


def test_every_queue_with_no_queue_behind_it_has_an_alarm(stack: SynthesisedStack) -> None:
    ends = {q for q, p in stack.of_type("AWS::SQS::Queue").items() if "RedrivePolicy" not in p}

    watched = {
        target(a["Dimensions"][0]["Value"])
        for a in stack.of_type(ALARM).values()
        if a["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }

    assert watched == ends


@pytest.mark.parametrize(
    ("metric", "threshold"),
    [("Reputation.BounceRate", 0.05), ("Reputation.ComplaintRate", 0.001)],
)
def test_the_reputation_alarms_stand_where_aws_reviews_an_account(
    stack: SynthesisedStack, metric: str, threshold: float
) -> None:
    (alarm,) = [a for a in stack.of_type(ALARM).values() if a["MetricName"] == metric]

    assert (alarm["Namespace"], alarm["Threshold"]) == ("AWS/SES", threshold)
    assert "Dimensions" not in alarm
    assert alarm["TreatMissingData"] == "ignore"


@pytest.mark.parametrize("function", ["SendEmailFunction", "TrackEventsFunction"])
def test_a_functions_errors_and_refused_starts_raise_an_alarm(
    stack: SynthesisedStack, function: str
) -> None:
    metrics = {
        a["MetricName"]
        for a in stack.of_type(ALARM).values()
        if a["Namespace"] == "AWS/Lambda"
        and target(a["Dimensions"][0]["Value"]).startswith(function)
    }

    assert metrics == {"Errors", "Throttles"}


@pytest.mark.parametrize(
    "metric",
    ["SendingStopped", "ConfigurationErrors", "EmailsGivenUp", "InternalErrors"],
)
def test_what_the_send_function_cannot_mend_raises_an_alarm(
    stack: SynthesisedStack, metric: str
) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    told = function["Environment"]["Variables"]

    (alarm,) = [a for a in stack.of_type(ALARM).values() if a["MetricName"] == metric]

    assert alarm["Namespace"] == told["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": told["POWERTOOLS_SERVICE_NAME"]}]
    assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Sum")


@pytest.mark.parametrize("queue", ["SendQueue", "EventsQueue"])
def test_a_queue_that_is_not_drained_raises_an_alarm(stack: SynthesisedStack, queue: str) -> None:
    (alarm,) = [
        a
        for a in stack.of_type(ALARM).values()
        if a["MetricName"] == "ApproximateAgeOfOldestMessage"
        and target(a["Dimensions"][0]["Value"]).startswith(queue)
    ]

    assert alarm["Threshold"] == 1800


def test_without_an_address_nobody_is_told(stack: SynthesisedStack) -> None:
    assert all("AlarmActions" not in alarm for alarm in stack.of_type(ALARM).values())


def test_with_an_address_every_alarm_is_sent_there(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com")

    topic, _ = stack.find("AWS::SNS::Topic", "Alarms")
    email = [
        s for s in stack.of_type("AWS::SNS::Subscription").values() if s["Protocol"] == "email"
    ]

    assert [(s["Endpoint"], target(s["TopicArn"])) for s in email] == [("ops@example.com", topic)]
    for alarm in stack.of_type(ALARM).values():
        assert [target(action) for action in alarm["AlarmActions"]] == [topic]


def test_cloudwatch_may_publish_the_alarms_of_this_account(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, alert_email="ops@example.com")

    _, policy = stack.find("AWS::SNS::TopicPolicy", "Alarms")
    (allowed,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
