"""The queues of a deployed stack: their depth and their visibility timeout."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.local_aws import LocalAWS

__all__ = ["DEAD_LETTER_QUEUES", "WORK_QUEUES", "depth", "visibility_timeout"]

WORK_QUEUES = ("SendQueueUrl", "BulkQueueUrl", "EventQueueUrl", "EngagementQueueUrl")
DEAD_LETTER_QUEUES = (
    "SendDeadLetterQueueUrl",
    "BulkDeadLetterQueueUrl",
    "EventDeadLetterQueueUrl",
    "EngagementDeadLetterQueueUrl",
    "UndeliveredEventQueueUrl",
    "UndeliveredEngagementQueueUrl",
)
VISIBILITY = "VisibilityTimeout"
DEPTHS = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]


def depth(aws: LocalAWS, *outputs: str) -> int:
    """Count the messages that wait, are in flight or delayed; queues are named by stack output."""
    sqs = aws.client("sqs")
    queues = (
        sqs.get_queue_attributes(QueueUrl=aws.outputs[output], AttributeNames=DEPTHS)["Attributes"]
        for output in outputs
    )
    return sum(int(attributes[name]) for attributes in queues for name in DEPTHS)


@contextmanager
def visibility_timeout(aws: LocalAWS, seconds: int) -> Iterator[None]:
    """Set the visibility timeout of the work queues within the block."""
    sqs = aws.client("sqs")
    urls = [aws.outputs[output] for output in WORK_QUEUES]
    previous = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBILITY])["Attributes"]
        for url in urls
    ]
    for url in urls:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={VISIBILITY: str(seconds)})
    try:
        yield
    finally:
        for url, attributes in zip(urls, previous, strict=True):
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
