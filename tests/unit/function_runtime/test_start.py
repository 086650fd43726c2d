"""The modules and clients that an execution environment loads during a cold start."""

from __future__ import annotations

import subprocess
import sys

import pytest

PYDANTIC_MODELS = "aws_lambda_powertools.utilities.parser"
XRAY = "aws_xray_sdk"
EVENT_HANDLER = "aws_lambda_powertools.event_handler"
FUNCTIONS = ["send_email", "track_events"]
UNTRACED = {"POWERTOOLS_TRACE_DISABLED": "true"}
SETTINGS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_NAME": "emails",
    "RETENTION_DAYS": "30",
    "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/send",
    "CONTENT_BUCKET": "contents",
    "ATTACHMENT_BUCKETS": "",
    "BULK_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/bulk",
    "BULK_SHARE": "0.85",
    "EVENT_BUS_NAME": "bus",
    "SUPPRESSION_KEY": "0123456789abcdef0123456789abcdef",
    "AWS_SES_CONFIGURATION_SET": "set",
    "AWS_SES_METADATA_PREFIX": "metadata_",
    "MAX_SEND_RATE": "14",
    "MAX_CONCURRENCY": "2",
    "TIMEOUT_SECONDS": "60",
    "LOST_RESPONSE_SECONDS": "900",
    "EXPIRING_CONFIGURATION_SET": "",
    "LONGEST_QUEUE_DELAY_SECONDS": "900",
    "SCHEDULE_GROUP": "group",
    "SCHEDULE_QUEUE_ARN": "arn:queue",
    "SCHEDULE_BULK_QUEUE_ARN": "arn:bulk",
    "SCHEDULE_DEAD_LETTER_ARN": "arn:undelivered",
    "SCHEDULE_ROLE_ARN": "arn:role",
    "SES_IDENTITIES": "example.com",
}


def printed_by(program: str, **environment: str) -> str:
    names = {"POWERTOOLS_METRICS_NAMESPACE": "AmsdalMail", **UNTRACED, **environment}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd="lambdas", env=names
    )
    return done.stdout


def modules_after(statement: str, **environment: str) -> set[str]:
    return set(printed_by(f"{statement}; import sys; print(*sys.modules)", **environment).split())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_loads_no_tracer_and_no_unused_event_models(function: str) -> None:
    loaded = modules_after(f"import {function}.function", **SETTINGS)

    assert not {PYDANTIC_MODELS, XRAY, EVENT_HANDLER, "aioboto3"} & loaded


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_clients_are_there_before_the_first_call(function: str) -> None:
    loaded = f"from {function}.function import handler; import botocore.client, gc"
    clients = "sorted(type(o).__name__ for o in gc.get_objects() if isinstance(o, {}))"
    counted = "gc.unfreeze(); print(" + clients.format("botocore.client.BaseClient") + ")"

    printed = printed_by(f"{loaded}; {counted}", **SETTINGS)

    expected = {
        "send_email": ["DynamoDB", "SESV2", "SQS"],
        "track_events": ["DynamoDB", "EventBridge"],
    }
    assert printed.strip() == str(expected[function])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_objects_of_the_cold_start_are_frozen_for_the_gc(function: str) -> None:
    state = "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"

    assert printed_by(f"import gc, {function}.function; {state}", **SETTINGS) == "True True\n"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_missing_setting_fails_the_invocation_not_the_start(function: str) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "TABLE_NAME"}
    call = f"""
from {function}.function import handler
class Context:
    function_name = invoked_function_arn = aws_request_id = "one"
    memory_limit_in_mb = 512
    get_remaining_time_in_millis = lambda self: 60_000
try:
    handler({{"Records": [{{"eventSource": "aws:sqs"}}]}}, Context())
except Exception as error:
    print(type(error).__name__, error)
"""

    assert "ConfigurationError TABLE_NAME is missing" in printed_by(call, **settings)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_loads_no_large_package_that_it_does_without(function: str) -> None:
    loaded = modules_after(f"import {function}.function", **SETTINGS)

    assert not {"asyncio", "boto3", "email.policy", "s3transfer"} & loaded


@pytest.mark.parametrize("days", ["0", "7"])
def test_function_loads_nothing_that_keeps_messages(days: str) -> None:
    """It is loaded for the first email that is kept, and for the first look into one."""
    used = "from send_email.bootstrap import build_api_service, build_service"
    build = "from send_email.api.routes import build_api; build_api(build_api_service(), *[0] * 5)"
    program = f"import send_email.function; {used}; build_service(); {build}"

    loaded = modules_after(program, **SETTINGS, CONTENT_RETENTION_DAYS=days)

    assert "send_email.api.content_routes" in loaded
    assert not {"send_email.sending.keeping", "send_email.contents.kept_contents"} & loaded
    assert not {"send_email.api.content", "send_email.sending.resend"} & loaded


def test_pydantic_prepares_the_request_before_the_first_call() -> None:
    prepared = "EmailRequest.__pydantic_complete__, EmailMessage.__pydantic_complete__"
    imported = "from amsdal_mail.message.email import EmailMessage, EmailRequest"

    printed = printed_by(f"import send_email.function; {imported}; print({prepared})", **SETTINGS)

    assert printed == "True False\n"


def test_no_email_makes_pydantic_prepare_a_second_class() -> None:
    program = """
from amsdal_mail.message.email import EmailMessage, EmailRequest
from send_email.queue.envelope import (read_job, write_job)
text = '{"from_email": "a@example.com", "to": ["b@example.com"], "subject": "Hi", "body": "x"}'
write_job(read_job("record-1", text, None))
print(EmailRequest.__pydantic_complete__, EmailMessage.__pydantic_complete__)
"""

    assert printed_by(program) == "True False\n"


def test_tracking_does_without_pydantic() -> None:
    assert "pydantic" not in modules_after("import track_events.function", **SETTINGS)


def test_the_tracer_is_there_where_tracing_is_switched_on() -> None:
    traced = {"POWERTOOLS_TRACE_DISABLED": "false"}

    assert XRAY in modules_after("import track_events.function", **traced)


def test_send_function_starts_without_the_metrics() -> None:
    loaded = modules_after("import send_email.function", **SETTINGS)

    assert not {name for name in loaded if "metric" in name and name.startswith("email_store")}
