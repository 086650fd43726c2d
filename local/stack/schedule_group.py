"""Corrects what MiniStack's EventBridge Scheduler does differently from AWS's.

MiniStack checks the permission for a schedule as if each were in the group `default`, and looks for
due schedules every ten seconds.

This module runs in MiniStack's own environment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["SECONDS_BETWEEN_LOOKS", "with_group"]

SECONDS_BETWEEN_LOOKS = 1
DEFAULT_GROUP = "/default/"

ResourceArn = Callable[..., Any]


def with_group(resource_arn: ResourceArn) -> ResourceArn:
    """Return the function that finds the ARN of a request's resource, with the schedule's group."""

    def resource_arn_with_group(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        *args: Any,
        **options: Any,
    ) -> Any:
        arn = resource_arn(service, method, path, headers, body, query, *args, **options)
        if service != "scheduler" or not isinstance(arn, str):
            return arn
        group = _group(body, query)
        return arn.replace(DEFAULT_GROUP, f"/{group}/") if group else arn

    return resource_arn_with_group


def _group(body: bytes, query: Mapping[str, Any]) -> str:
    """Return the group of a call: CreateSchedule has it in its body, DeleteSchedule in its URL."""
    named = query.get("groupName")
    if named:
        return str(named[0] if isinstance(named, list) else named)
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(document.get("GroupName", "")) if isinstance(document, dict) else ""
