"""What an execution environment loads before it can answer: it is what a cold start waits for."""

import subprocess
import sys

import pytest

PYDANTIC_MODELS = "aws_lambda_powertools.utilities.parser"
XRAY = "aws_xray_sdk"
EVENT_HANDLER = "aws_lambda_powertools.event_handler"


def modules_after(statement: str, **environment: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    names = {"POWERTOOLS_METRICS_NAMESPACE": "AmsdalMail", **environment}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd="lambdas", env=names
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("function", ["send_email", "track_events"])
def test_a_function_loads_no_tracer_and_no_event_models_it_does_not_use(function: str) -> None:
    loaded = modules_after(f"import {function}.handler", POWERTOOLS_TRACE_DISABLED="true")

    assert not {PYDANTIC_MODELS, XRAY, EVENT_HANDLER, "aioboto3", "boto3"} & loaded


def test_tracking_does_without_pydantic() -> None:
    loaded = modules_after("import track_events.handler", POWERTOOLS_TRACE_DISABLED="true")

    assert "pydantic" not in loaded


def test_the_tracer_is_there_where_tracing_is_switched_on() -> None:
    assert XRAY in modules_after("import track_events.handler")
