from __future__ import annotations

from collections.abc import Callable

import pytest

from local.stack.ministack_workarounds import ReservedConcurrency, TimeToLive, find


def template(kind: str, **properties: object) -> dict[str, object]:
    return {"Resources": {"Resource": {"Type": kind, "Properties": properties}}}


@pytest.mark.parametrize(
    "kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"], ids=["Table", "GlobalTable"]
)
def test_ttl_in_a_template_needs_a_workaround(kind: str) -> None:
    ttl = {"AttributeName": "expires_at", "Enabled": True}

    workarounds = list(find(template(kind, TimeToLiveSpecification=ttl)))

    assert workarounds == [TimeToLive("Resource", "expires_at")]


def test_reserved_concurrency_needs_a_workaround() -> None:
    function = template("AWS::Lambda::Function", ReservedConcurrentExecutions=5)

    assert list(find(function)) == [ReservedConcurrency("Resource", 5)]


def test_a_template_with_neither_needs_no_workaround() -> None:
    assert list(find(template("AWS::SNS::Topic"))) == []


class RecordingClient:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, object]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda **arguments: self.calls.append((name, arguments))


def test_a_workaround_calls_the_api_that_ministack_obeys() -> None:
    clients = {"dynamodb": RecordingClient(), "lambda": RecordingClient()}

    TimeToLive("Table", "expires_at").apply(clients, "table-1")
    ReservedConcurrency("Function", 5).apply(clients, "function-1")

    specification = {"Enabled": True, "AttributeName": "expires_at"}
    assert clients["dynamodb"].calls == [
        (
            "update_time_to_live",
            {"TableName": "table-1", "TimeToLiveSpecification": specification},
        )
    ]
    assert clients["lambda"].calls == [
        (
            "put_function_concurrency",
            {"FunctionName": "function-1", "ReservedConcurrentExecutions": 5},
        )
    ]
