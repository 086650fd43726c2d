"""The queues of a deployed stack: how much waits in them, and how long they hide a record."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.local_aws import LocalAws

WORK = ("SendQueueUrl", "EventQueueUrl", "EngagementQueueUrl")
DEAD = ("SendDeadLetterQueueUrl", "EventDeadLetterQueueUrl", "EngagementDeadLetterQueueUrl")
VISIBILITY = "VisibilityTimeout"
DEPTHS = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]


def depth(aws: LocalAws, *outputs: str) -> int:
    """Count the messages of the queues by their outputs' names: waiting, in flight, delayed."""
    sqs = aws.client("sqs")
    found = (
        sqs.get_queue_attributes(QueueUrl=aws.outputs[one], AttributeNames=DEPTHS)["Attributes"]
        for one in outputs
    )
    return sum(int(attributes[name]) for attributes in found for name in DEPTHS)


@contextmanager
def visibility(aws: LocalAws, seconds: int) -> Iterator[None]:
    """Let the work queues hide a record for so long, until the block ends."""
    sqs = aws.client("sqs")
    urls = [aws.outputs[one] for one in WORK]
    before = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBILITY])["Attributes"]
        for url in urls
    ]
    for url in urls:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={VISIBILITY: str(seconds)})
    try:
        yield
    finally:
        for url, attributes in zip(urls, before, strict=True):
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
