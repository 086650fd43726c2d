"""What is inside an invocation that comes without a queue: SES events, still as they travel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SNSEvent

__all__ = ["documents", "is_from_sqs"]


def is_from_sqs(event: Mapping[str, Any]) -> bool:
    """Tell whether the event is a batch of SQS records, which fail and come back one by one."""
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            return True
    return False


def documents(event: Mapping[str, Any]) -> list[object]:
    """Take the SES events out of an invocation by SNS, EventBridge, or by hand: a bare event."""
    match event:
        # SNS writes this key with a capital letter, unlike SQS and SES.
        case {"Records": [{"EventSource": "aws:sns"}, *_]}:
            return [record.sns.message for record in SNSEvent(dict(event)).records]
        # Inbound mail: nothing that was sent.
        case {"Records": [{"eventSource": "aws:ses"}, *_]}:
            return []
    return [event]
