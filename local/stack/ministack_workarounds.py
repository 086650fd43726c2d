"""Properties that MiniStack ignores in a template, set by the API calls that it obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ReservedConcurrency", "TimeToLive", "find"]

TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class TimeToLive:
    """The TTL attribute of a table."""

    logical_id: str
    attribute: str

    def apply(self, clients: Mapping[str, Any], name: str) -> None:
        """Turn on TTL for the table `name`."""
        clients["dynamodb"].update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": self.attribute},
        )


@dataclass(frozen=True)
class ReservedConcurrency:
    """The reserved concurrent executions of a function."""

    logical_id: str
    executions: int

    def apply(self, clients: Mapping[str, Any], name: str) -> None:
        """Reserve the executions for the function `name`."""
        clients["lambda"].put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=self.executions
        )


def find(template: Mapping[str, Any]) -> Iterator[TimeToLive | ReservedConcurrency]:
    """Yield the workarounds that a synthesised template needs."""
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] in TABLES and "TimeToLiveSpecification" in properties:
            ttl = properties["TimeToLiveSpecification"]
            yield TimeToLive(logical_id, ttl["AttributeName"])
        if resource["Type"] == FUNCTION and "ReservedConcurrentExecutions" in properties:
            executions = properties["ReservedConcurrentExecutions"]
            yield ReservedConcurrency(logical_id, int(executions))
