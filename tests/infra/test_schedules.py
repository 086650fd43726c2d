"""The schedules of emails that are sent later."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings, SettingsError
from tests.infra.synthesis import SynthesisedStack, as_list, target, text


def _statement(stack: SynthesisedStack, role: str, action: str) -> dict[str, Any]:
    (statement,) = (s for s in stack.statements(role) if action in as_list(s["Action"]))
    return statement


def test_schedules_have_a_group_of_their_stage(stack: SynthesisedStack) -> None:
    assert stack.only("AWS::Scheduler::ScheduleGroup")["Name"] == "AmsdalMail-dev"


def test_send_role_may_change_only_schedules_of_the_group(stack: SynthesisedStack) -> None:
    statement = _statement(stack, "SendEmailRole", "scheduler:CreateSchedule")

    account = "${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}"
    assert statement["Action"] == ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"]
    assert text(statement["Resource"]) == f"arn:{account}:schedule/AmsdalMail-dev/*"


def test_send_role_may_pass_only_the_role_of_the_schedules(stack: SynthesisedStack) -> None:
    statement = _statement(stack, "SendEmailRole", "iam:PassRole")

    assert target(statement["Resource"]).startswith("SchedulesRole")
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}
    }


def test_role_of_the_schedules_may_only_send_timers(stack: SynthesisedStack) -> None:
    statements = stack.statements("SchedulesRole")
    actions = {action for s in statements for action in as_list(s["Action"])}
    queues = {target(r) for s in statements for r in as_list(s["Resource"])}

    assert actions == {"sqs:SendMessage"}
    assert {name.rstrip("0123456789ABCDEF") for name in queues} == {
        "SendQueue",
        "BulkQueue",
        "SchedulesUndelivered",
    }


def test_only_the_group_of_this_account_takes_the_role(stack: SynthesisedStack) -> None:
    _, role = stack.find("AWS::IAM::Role", "SchedulesRole")

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    conditions = statement["Condition"]["StringEquals"]

    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert conditions["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert target(conditions["aws:SourceArn"]).startswith("SchedulesGroup")


def test_undelivered_timer_raises_an_alarm(stack: SynthesisedStack) -> None:
    _, alarm = stack.find("AWS::CloudWatch::Alarm", "AlarmsUndeliveredTimers")

    (dimension,) = alarm["Dimensions"]
    assert target(dimension["Value"]).startswith("SchedulesUndelivered")


def test_function_knows_the_role_and_the_queues(stack: SynthesisedStack) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    variables = function["Environment"]["Variables"]

    assert target(variables["SCHEDULE_ROLE_ARN"]).startswith("SchedulesRole")
    assert target(variables["SCHEDULE_QUEUE_ARN"]).startswith("SendQueue")
    assert target(variables["SCHEDULE_DEAD_LETTER_ARN"]).startswith("SchedulesUndelivered")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("longest_queue_delay_seconds", 901),
        ("longest_queue_delay_seconds", 0),
        ("expiring_delivery_seconds", 299),
        ("expiring_delivery_seconds", 50_401),
    ],
)
def test_times_of_aws_limit_the_settings(name: str, value: int) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_context({name: value})
