"""Checks of the functions: they run, read their queues, have room, and have this code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amsdal_mail.cli.doctor.deployed_code import compare, fetch_entries
from amsdal_mail.cli.doctor.findings import Finding, NotCheckedError, fail, ok, warn

if TYPE_CHECKING:
    from amsdal_mail.cli.doctor.facts import Facts

__all__ = ["code", "concurrency", "event_sources", "functions"]

FUNCTIONS = {
    "SendFunctionName": ("SendQueueUrl", "BulkQueueUrl"),
    "TrackFunctionName": ("EventQueueUrl", "EngagementQueueUrl"),
}
"""The functions and the queues that they read, by the outputs of the stack."""
LEAST_UNRESERVED = 20
SHOWN = 3


def functions(facts: Facts) -> Finding:
    """Check that both functions can be invoked."""
    for output in FUNCTIONS:
        found = facts.function(output)
        name, state = found["FunctionName"], found.get("State", "Active")
        update = found.get("LastUpdateStatus", "Successful")
        if state == "Failed" or update == "Failed":
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or ""
            return fail(f"{name} is {state}, its last update {update}: {reason}", "deploy it again")
        if state == "Pending":
            return warn(f"{name} is {state}", f"aws lambda get-function --function-name {name}")
    # Inactive is no fault: Lambda takes away what an idle function does not need.
    # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    return ok(f"both functions can run, on {facts.function('SendFunctionName').get('Runtime')}")


def event_sources(facts: Facts) -> Finding:
    """Check that Lambda reads each queue."""
    for output, queues in FUNCTIONS.items():
        name = facts.output(output)
        rows = facts.ask("lambda", "list_event_source_mappings", FunctionName=name)
        by_queue = {
            row.get("EventSourceArn", "").rpartition(":")[2]: row
            for row in rows.get("EventSourceMappings", [])
        }
        for queue in queues:
            queue_name = facts.output(queue).rpartition("/")[2]
            row = by_queue.get(queue_name)
            if row is None:
                return fail(f"{name} does not read {queue_name}", "deploy the stage again")
            if row.get("State") not in {"Enabled", "Enabling", "Updating", "Creating"}:
                return fail(
                    f"the event source from {queue_name} to {name} is {row.get('State')}:"
                    " its messages wait",
                    f"aws lambda update-event-source-mapping --uuid {row.get('UUID')} --enabled",
                )
    return ok("both functions read their queues")


def concurrency(facts: Facts) -> Finding:
    """Check that Lambda starts as many environments as the functions need."""
    for output in FUNCTIONS:
        name = facts.output(output)
        reserved = facts.ask("lambda", "get_function_concurrency", FunctionName=name)
        if reserved.get("ReservedConcurrentExecutions") == 0:
            return fail(
                f"{name} is stopped: its reserved concurrency is 0",
                f"aws lambda delete-function-concurrency --function-name {name}",
            )
    counts = {name: _throttles(facts, name) for name in map(facts.output, FUNCTIONS)}
    throttles = {name: count for name, count in counts.items() if count}
    limit = facts.ask("lambda", "get_account_settings").get("AccountLimit") or {}
    left = limit.get("UnreservedConcurrentExecutions")
    increase = (
        "ask for a higher quota of concurrent executions:"
        " https://console.aws.amazon.com/servicequotas/home/services/lambda/quotas"
    )
    if throttles:
        text = ", ".join(f"{name} {count:.0f} times" for name, count in throttles.items())
        return warn(f"in the last day, Lambda throttled {text}", increase)
    if left is not None and left < LEAST_UNRESERVED:
        return warn(f"the account may run only {left} environments at once", increase)
    if facts.stage.is_local:
        return ok("no function is stopped")  # it counts no throttles
    return ok("nothing is throttled" + (f", {left} environments may run at once" if left else ""))


def code(facts: Facts) -> Finding:
    """Check that the functions have the code of the checkout."""
    if facts.checkout is None:
        raise NotCheckedError("there is no checkout here to compare the functions with")
    hashes = {facts.function(output).get("CodeSha256") for output in FUNCTIONS}
    if len(hashes) > 1:
        return fail("the two functions have different code", "deploy the stage again")
    name = facts.output("SendFunctionName")
    location = facts.ask("lambda", "get_function", FunctionName=name)["Code"]["Location"]
    drift = compare(facts.checkout, fetch_entries(location))
    if drift:
        more = f" and {len(drift) - SHOWN} more" if len(drift) > SHOWN else ""
        return fail(
            f"the functions have other code than {facts.checkout}:"
            f" {', '.join(drift[:SHOWN])}{more}",
            "deploy this checkout, or check out what is deployed",
        )
    return ok(f"the functions have the code of {facts.checkout}")


def _throttles(facts: Facts, name: str) -> float:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    answer = facts.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=86400,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer.get("Datapoints") or ()))
