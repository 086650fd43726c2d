from collections.abc import Callable

import pytest

from local.stack.ministack_workarounds import ReservedConcurrency, TimeToLive, find


def template(kind: str, **properties: object) -> dict[str, object]:
    return {"Resources": {"One": {"Type": kind, "Properties": properties}}}


@pytest.mark.parametrize(
    "kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"], ids=["Table", "GlobalTable"]
)
def test_ttl_of_the_template_is_switched_on_again(kind: str) -> None:
    ttl = {"AttributeName": "expires_at", "Enabled": True}

    found = list(find(template(kind, TimeToLiveSpecification=ttl)))

    assert found == [TimeToLive("One", "expires_at")]


def test_reserved_concurrency_of_the_template_is_set_again() -> None:
    found = list(find(template("AWS::Lambda::Function", ReservedConcurrentExecutions=5)))

    assert found == [ReservedConcurrency("One", 5)]


def test_a_template_that_asks_for_neither_needs_nothing() -> None:
    assert list(find({"Resources": {"One": {"Type": "AWS::SNS::Topic"}}})) == []


class RecordingClient:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, object]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda **arguments: self.calls.append((name, arguments))


def test_fixups_call_the_api_that_ministack_obeys() -> None:
    clients = {"dynamodb": RecordingClient(), "lambda": RecordingClient()}

    TimeToLive("One", "expires_at").apply(clients, "table-1")
    ReservedConcurrency("Two", 5).apply(clients, "function-1")

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
