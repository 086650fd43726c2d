"""The functions as they are deployed, and the outputs of the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from email_store.erasure import WRITERS_SECONDS
from infra.setting_rules import TRACK_TIMEOUT_SECONDS
from send_email.settings import Settings as SendSettings
from tests.infra.synthesis import SynthesisedStack, synthesise, target, text
from track_events.settings import Settings as TrackSettings

FUNCTION = "AWS::Lambda::Function"
BOTH = {
    "TABLE_NAME", "RETENTION_DAYS", "STAGE", "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_TRACE_DISABLED",
    "PYDANTIC_DISABLE_PLUGINS", "SUPPRESSION_KEY",
}  # fmt: skip
SEND = {
    "QUEUE_URL", "BULK_QUEUE_URL", "BULK_SHARE", "CONTENT_BUCKET", "ATTACHMENT_BUCKETS",
    "AWS_SES_CONFIGURATION_SET", "AWS_SES_METADATA_PREFIX", "MAX_SEND_RATE", "MAX_CONCURRENCY",
    "TIMEOUT_SECONDS", "LOST_RESPONSE_SECONDS", "SES_IDENTITIES",
    "EXPIRING_CONFIGURATION_SET", "LONGEST_QUEUE_DELAY_SECONDS", "SCHEDULE_GROUP",
    "SCHEDULE_ROLE_ARN", "SCHEDULE_QUEUE_ARN", "SCHEDULE_BULK_QUEUE_ARN",
    "SCHEDULE_DEAD_LETTER_ARN", "EVENT_BUS_NAME",
}  # fmt: skip
OUTPUTS = {
    "ApiUrl", "ApiId", "SendQueueUrl", "SendDeadLetterQueueUrl", "BulkQueueUrl",
    "BulkDeadLetterQueueUrl", "TableName", "ContentBucketName", "EventTopicArn",
    "EventQueueUrl", "EventDeadLetterQueueUrl", "UndeliveredEventQueueUrl", "EventBusName",
    "EngagementTopicArn", "EngagementQueueUrl", "EngagementDeadLetterQueueUrl",
    "UndeliveredEngagementQueueUrl",
    "ConfigurationSetName", "SendFunctionName", "ScheduleGroupName", "UndeliveredTimerQueueUrl",
    "TrackFunctionName", "SuppressionKeyArn",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "handler", "variables"),
    [
        ("SendEmailFunction", "send_email.function.handler", BOTH | SEND),
        ("TrackEventsFunction", "track_events.function.handler", BOTH | {"EVENT_BUS_NAME"}),
    ],
)
def test_function_has_exactly_its_environment(
    stack: SynthesisedStack, name: str, handler: str, variables: set[str]
) -> None:
    _, function = stack.find(FUNCTION, name)

    assert function["Handler"] == handler
    assert set(function["Environment"]["Variables"]) == variables


def test_settings_of_track_events_accept_its_environment(
    stack: SynthesisedStack,
) -> None:
    settings = TrackSettings.from_environment(_environment(stack, "TrackEventsFunction"))

    assert settings.retention_days == 30
    assert settings.table_name.startswith("${EmailsTable")
    assert settings.event_bus_name.startswith("${EventBus")


def test_settings_of_send_email_accept_its_environment(
    stack: SynthesisedStack,
) -> None:
    settings = SendSettings.from_environment(_environment(stack, "SendEmailFunction"))

    assert settings.queue_url.startswith("${SendQueue")
    assert settings.bulk_queue_url.startswith("${BulkQueue")
    assert settings.bulk_share == 0.85
    assert settings.configuration_set.startswith("${ConfigurationSet")
    assert settings.metadata_prefix == "metadata_"
    assert settings.expiring_configuration_set == ""
    assert settings.schedule_group == "AmsdalMail-dev"
    assert settings.schedule_queue_arn.startswith("${SendQueue")
    assert (settings.max_send_rate, settings.max_concurrency) == (1.0, 2)


def test_send_email_knows_the_identities_that_it_may_use(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, sender="example.org", other_identities=("Me@example.net",))

    settings = SendSettings.from_environment(_environment(stack, "SendEmailFunction"))

    assert settings.identities == {"example.org", "Me@example.net"}


def _environment(stack: SynthesisedStack, name: str) -> dict[str, str]:
    _, function = stack.find(FUNCTION, name)
    return {key: text(value) for key, value in function["Environment"]["Variables"].items()}


def test_log_groups_have_a_retention(stack: SynthesisedStack) -> None:
    for function in stack.of_type(FUNCTION).values():
        log_group = stack.resources[target(function["LoggingConfig"]["LogGroup"])]

        assert log_group["Properties"]["RetentionInDays"] == 30


@pytest.mark.parametrize(
    ("settings", "config", "switch"),
    [
        ({}, {"Mode": "Active"}, "true"),
        ({"tracing": False}, None, "true"),
        ({"powertools_tracer": True}, {"Mode": "Active"}, "false"),
        ({"powertools_tracer": True, "local": True}, {"Mode": "Active"}, "true"),
    ],
    ids=["lambda_alone", "off", "lambda_and_powertools", "local_without_x_ray_daemon"],
)
def test_tracing_of_lambda_and_of_powertools(
    tmp_path: Path, settings: dict[str, bool], config: dict[str, str] | None, switch: str
) -> None:
    stack = synthesise(tmp_path, **settings)

    for function in stack.of_type(FUNCTION).values():
        assert function.get("TracingConfig") == config
        assert function["Environment"]["Variables"]["POWERTOOLS_TRACE_DISABLED"] == switch


def test_functions_run_on_arm64_and_python_3_13(stack: SynthesisedStack) -> None:
    for function in stack.of_type(FUNCTION).values():
        assert (function["Architectures"], function["Runtime"]) == (["arm64"], "python3.13")


def test_architecture_and_runtime_follow_the_settings(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, architecture="x86_64", python_version="3.12")

    for function in stack.of_type(FUNCTION).values():
        assert (function["Architectures"], function["Runtime"]) == (["x86_64"], "python3.12")


def test_outputs_have_the_names_that_scripts_read(stack: SynthesisedStack) -> None:
    assert {name for name in stack.outputs if not name.startswith("Dns")} == OUTPUTS


def test_stage_is_in_the_names_and_the_environment(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, stage="prod")

    for function in stack.of_type(FUNCTION).values():
        environment = function["Environment"]["Variables"]
        assert environment["STAGE"] == "prod"
        assert environment["POWERTOOLS_METRICS_NAMESPACE"] == "AmsdalMail-prod"
    assert stack.only("AWS::SES::ConfigurationSet")["Name"] == "AmsdalMail-prod"


def test_a_second_look_of_an_erasure_is_after_the_last_writer() -> None:
    """A tracking function that read an email before the erasure has ended by then."""
    assert WRITERS_SECONDS > TRACK_TIMEOUT_SECONDS
