"""Events that are neither HTTP requests nor records of the queue, such as a ping."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.send_email.api_client import Handle
from tests.unit.send_email.fakes import FakeSES
from tests.unit.send_email.test_telemetry import lines

EVENTS: dict[str, Any] = {
    "nothing": {},
    "ping": {"ping": True},
    "warmer": {"source": "serverless-plugin-warmup"},
    "schedule": {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-02-27T10:15:31Z",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/warm"],
        "detail": {},
    },
    "SNS": {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "hello"}}]},
    "S3": {"Records": [{"eventSource": "aws:s3", "s3": {}}]},
    "no records": {"Records": []},
    "records of no kind": {"Records": "x"},
    "REST API": {"httpMethod": "GET", "path": "/emails", "requestContext": {"stage": "prod"}},
    "list": [],
    "text": "ping",
    "null": None,
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_other_event_is_ignored_without_a_failure(
    handle: Handle, ses: FakeSES, capsys: pytest.CaptureFixture[str], event: Any
) -> None:
    assert handle(event) == {}

    printed = lines(capsys)
    counted = {
        metric["Name"]
        for line in printed
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for metric in directive["Metrics"]
    }
    assert counted - {"ColdStart"} == {"IgnoredEvents"}
    assert not [line for line in printed if line.get("level") in {"WARNING", "ERROR"}]
    assert not ses.sent
