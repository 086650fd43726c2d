"""The stack for the local AWS: the same stack, without the features that MiniStack lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest

from infra.settings import Settings
from local.stack.deploy import RESET_SETTINGS
from tests.infra.synthesis import SynthesisedStack

ON_AWS = {
    "stage": "prod",
    "sender": "example.org",
    "other_identities": ("example.net",),
    "alert_email": "ops@example.org",
    "hosted_zone_id": "Z1",
    "hosted_zone_name": "example.org",
    "jwt_issuer": "https://login.example.org",
    "jwt_audience": "mail",
}
MINISTACK_TYPES = {
    "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::GlobalTable", "AWS::Scheduler::ScheduleGroup",
    "AWS::Events::EventBus", "AWS::IAM::Policy", "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup", "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination", "AWS::SES::EmailIdentity",
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy", "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue", "AWS::SQS::QueuePolicy",
}  # fmt: skip


def test_local_stack_has_only_types_that_ministack_has(local_stack: SynthesisedStack) -> None:
    types = {resource["Type"] for resource in local_stack.resources.values()}

    assert types <= MINISTACK_TYPES


def test_no_alarm_uses_metric_math(local_stack: SynthesisedStack) -> None:
    alarms = local_stack.of_type("AWS::CloudWatch::Alarm").values()

    assert alarms
    assert all("Metrics" not in alarm for alarm in alarms)


def test_local_stack_has_no_dkim_token(local_stack: SynthesisedStack) -> None:
    assert "DkimDNSToken" not in json.dumps(local_stack.template)


def test_nothing_remains_of_a_deleted_local_stack(local_stack: SynthesisedStack) -> None:
    retained = [
        name
        for name, resource in local_stack.resources.items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    ]

    assert retained == []


def test_local_stack_has_the_same_resources(
    stack: SynthesisedStack, local_stack: SynthesisedStack
) -> None:
    assert {name: r["Type"] for name, r in local_stack.resources.items()} == {
        name: r["Type"] for name, r in stack.resources.items()
    }


@pytest.mark.parametrize("context", [ON_AWS, {"create_identity": False}], ids=["all", "identity"])
def test_settings_of_the_stack_on_aws_are_reset(context: Mapping[str, Any]) -> None:
    settings = Settings.from_context(context)

    local = Settings.from_context({**asdict(settings), **RESET_SETTINGS})

    assert local == Settings()
