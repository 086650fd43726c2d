"""MiniStack checks the permission for a schedule in the schedule's own group."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack.schedule_group import with_group

ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/{}/name"


def ministack(service: str, *_: Any) -> str:
    return ARN.format("default") if service == "scheduler" else "arn:aws:sqs:::/default/queue"


@pytest.mark.parametrize(
    ("service", "body", "query", "arn"),
    [
        ("scheduler", b'{"GroupName": "mine"}', {}, ARN.format("mine")),
        ("scheduler", b"", {"groupName": ["mine"]}, ARN.format("mine")),
        ("scheduler", b"", {"groupName": "mine"}, ARN.format("mine")),
        ("scheduler", b"{}", {}, ARN.format("default")),
        ("scheduler", b"[", {}, ARN.format("default")),
        ("scheduler", b"[]", {}, ARN.format("default")),
        ("sqs", b'{"GroupName": "mine"}', {}, "arn:aws:sqs:::/default/queue"),
    ],
    ids=["create", "delete", "text", "no group", "broken", "a list", "other service"],
)
def test_group_of_the_call_is_in_the_arn(
    service: str, body: bytes, query: dict[str, Any], arn: str
) -> None:
    resource_arn = with_group(ministack)

    assert resource_arn(service, "POST", "/", {}, body, query, "us-east-1", "0") == arn
