"""The notifications inside an invocation of the function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_from_sqs", "notifications"]


def is_from_sqs(event: Mapping[str, Any]) -> bool:
    """Return whether the event is a batch of SQS records, which are retried one by one."""
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            return True
    return False


def notifications(event: Mapping[str, Any]) -> list[object]:
    """Return the notifications of an invocation by SNS, EventBridge, or with a bare SES event."""
    match event:
        # SNS writes this key with a capital letter, unlike SQS and SES.
        case {"Records": [{"EventSource": "aws:sns"}, *_]}:
            return [record["Sns"]["Message"] for record in event["Records"]]
        # Inbound mail.
        case {"Records": [{"eventSource": "aws:ses"}, *_]}:
            return []
    return [event]
