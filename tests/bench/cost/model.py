"""Dollars: for a million emails by part, and for a month by emails a day. Pure."""

from __future__ import annotations

from tests.bench.cost import prices
from tests.bench.cost.usage import Usage

__all__ = ["GB", "OTHERS_LIMIT", "a_million", "a_month_fixed", "others"]

OTHERS_LIMIT = 0.15
"""The limit for everything but SES, as a share of the price of SES."""
RETENTION_MONTHS = 1
"""The default of 30 days."""
ACCESS_LOG_BYTES = 400
TRACED = 0.05
BATCH = 10
GB = 1e9

# The cost of a stack that sends nothing: metrics with values in them, alarms, the dashboard, and
# the pollers of both queues, five each, which ask every 20 seconds.
METRICS, ALARMS, POLLERS, POLL_SECONDS = 12, 22, 20, 20


def a_million(used: Usage) -> dict[str, float]:
    """Price a million emails by part."""
    parts = {
        "SES": prices.SES_EMAIL,
        "Lambda, time": used.gb_seconds * prices.LAMBDA_GB_SECOND,
        "Lambda, requests": used.invocations * prices.LAMBDA_REQUEST,
        "DynamoDB, writes": used.each(used.table.write_units) * prices.DYNAMODB_WRITE_UNIT,
        "DynamoDB, reads": used.each(used.table.read_units) * prices.DYNAMODB_READ_UNIT,
        "DynamoDB, 30 days' storage and recovery": _storage(used),
        "SQS": _queue_requests(used) * prices.SQS_REQUEST,
        "SNS": used.events * prices.SNS_PUBLISH,
        "EventBridge": used.bus_entries * prices.EVENTBRIDGE_EVENT,
        "HTTP API": used.is_by_api * prices.HTTP_API_REQUEST,
        "Logs": (used.log_bytes + used.is_by_api * ACCESS_LOG_BYTES) / GB * prices.LOGS_GB,
        "X-Ray": used.invocations * TRACED * prices.XRAY_TRACE,
    }
    return {name: dollars * prices.MILLION for name, dollars in parts.items()}


def others(parts: dict[str, float]) -> float:
    """Return the cost of everything but SES."""
    return sum(dollars for name, dollars in parts.items() if name != "SES")


def a_month_fixed() -> float:
    """Price a month in which nothing is sent."""
    polls = POLLERS * prices.MONTH_SECONDS / POLL_SECONDS
    return (
        METRICS * prices.METRIC_MONTH
        + ALARMS * prices.ALARM_MONTH
        + prices.DASHBOARD_MONTH
        + prices.SECRET_MONTH
        + polls * prices.SQS_REQUEST
    )


def _storage(used: Usage) -> float:
    price = prices.DYNAMODB_GB_MONTH + prices.DYNAMODB_RECOVERY_GB_MONTH
    return used.each(used.table.bytes_kept) / GB * RETENTION_MONTHS * price


def _queue_requests(used: Usage) -> float:
    """Count: each message is put on its queue, and a batch is received and deleted."""
    batches = used.invocations - used.is_by_api
    messages = used.events + (not used.is_by_api)
    return messages + 2 * batches
