"""What MiniStack reads in a template and ignores, done again by the API call that it obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class TimeToLive:
    """A table's TTL attribute."""

    logical_id: str
    attribute: str

    def apply(self, clients: Mapping[str, Any], name: str) -> None:
        """Switch TTL on for the table called `name`."""
        clients["dynamodb"].update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": self.attribute},
        )


@dataclass(frozen=True)
class ReservedConcurrency:
    """A function's reserved concurrent executions."""

    logical_id: str
    executions: int

    def apply(self, clients: Mapping[str, Any], name: str) -> None:
        """Reserve the executions for the function called `name`."""
        clients["lambda"].put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=self.executions
        )


def find(template: Mapping[str, Any]) -> Iterator[TimeToLive | ReservedConcurrency]:
    """Yield what has to be done again for a synthesised template."""
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] in TABLES and "TimeToLiveSpecification" in properties:
            ttl = properties["TimeToLiveSpecification"]
            yield TimeToLive(logical_id, ttl["AttributeName"])
        if resource["Type"] == FUNCTION and "ReservedConcurrentExecutions" in properties:
            executions = properties["ReservedConcurrentExecutions"]
            yield ReservedConcurrency(logical_id, int(executions))
