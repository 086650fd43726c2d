"""The dead-letter queues of a stage, and the queues that its earlier stacks left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amsdal_mail.cli.stage import Stage

__all__ = [
    "QUEUES",
    "DeadLetterQueue",
    "UnknownQueueError",
    "find_queue",
    "list_dead_letters",
    "message_counts",
]

QUEUES_PER_PAGE = 1000
STATES = ("", "NotVisible", "Delayed")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A dead-letter queue of the stack, by the outputs with its URL and with its work queue."""

    name: str
    title: str
    output: str
    target: str
    function: str
    """The output with the function that failed, "" when the message never reached one."""


QUEUES = (
    _Kind("send", "unsent emails", "SendDeadLetterQueueUrl", "SendQueueUrl", "SendFunctionName"),
    _Kind(
        "bulk", "unsent bulk emails", "BulkDeadLetterQueueUrl", "BulkQueueUrl", "SendFunctionName"
    ),
    _Kind("timers", "undelivered timers", "UndeliveredTimerQueueUrl", "SendQueueUrl", ""),
    _Kind(
        "events",
        "untracked events",
        "EventDeadLetterQueueUrl",
        "EventQueueUrl",
        "TrackFunctionName",
    ),
    _Kind(
        "undelivered-events", "undelivered events", "UndeliveredEventQueueUrl", "EventQueueUrl", ""
    ),
    _Kind(
        "engagements",
        "untracked opens and clicks",
        "EngagementDeadLetterQueueUrl",
        "EngagementQueueUrl",
        "TrackFunctionName",
    ),
    _Kind(
        "undelivered-engagements",
        "undelivered opens and clicks",
        "UndeliveredEngagementQueueUrl",
        "EngagementQueueUrl",
        "",
    ),
)

WORK_QUEUES = {
    "Send": "SendQueueUrl",
    "Bulk": "BulkQueueUrl",
    "Schedules": "SendQueueUrl",
    "Events": "EventQueueUrl",
    "Engagements": "EngagementQueueUrl",
}
"""The output with the work queue, by the first word of a queue's logical id."""

GENERATED_NAME = re.compile(
    rf"({'|'.join(WORK_QUEUES)})(Queue|DeadLetters|Undelivered)[0-9A-F]{{8}}-\w+"
)
"""The logical id of a queue, and the random part that CloudFormation adds to it."""


class UnknownQueueError(UsageError):
    """The stage has no dead-letter queue of this name. The text has the names that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQueue:
    """A queue with messages for an operator, and the work queue that they go back to.

    `count` and `hidden` are approximate: the messages that can be received now, and those that are
    delayed or in flight. A queue of an earlier stack has its whole name as its `name`; it may be a
    work queue, with emails that were not sent yet.
    """

    name: str
    title: str
    url: str
    target_url: str
    function_name: str
    """The function that failed with its messages; "" when they never reached one."""
    has_requests: bool
    """Whether the messages are requests or timers, whose ids show what was sent, or events."""
    is_left_behind: bool = False
    count: int = 0
    hidden: int = 0


def list_dead_letters(
    stage: Stage, *, left_behind: bool = True, sqs: Any = None
) -> list[DeadLetterQueue]:
    """Return the dead-letter queues of the stage with their counts, empty ones too.

    With `left_behind`, the queues that a deleted stack of the same name left come last, work queues
    included. `sqs` is the client to use; without it, one is made.

    Raises:
        ClientError, BotoCoreError: AWS refuses a call, or cannot be reached.
    """
    sqs = sqs or stage.client("sqs")
    queues = [queue for kind in QUEUES if (queue := _of_stack(kind, stage.outputs))]
    if left_behind:
        queues += _of_earlier_stacks(sqs, stage.stack_name, stage.outputs)
    return [_counted(sqs, queue) for queue in queues]


def find_queue(stage: Stage, name: str) -> DeadLetterQueue:
    """Return the queue of that name, without its counts.

    Raises:
        UnknownQueueError: there is none.
        ClientError, BotoCoreError: AWS refuses a call, or cannot be reached.
    """
    for kind in QUEUES:
        if kind.name == name and (queue := _of_stack(kind, stage.outputs)):
            return queue
    left = _of_earlier_stacks(stage.client("sqs"), stage.stack_name, stage.outputs)
    for queue in left:
        if queue.name == name:
            return queue
    names = [kind.name for kind in QUEUES if kind.output in stage.outputs]
    names += [queue.name for queue in left]
    raise UnknownQueueError(
        f"QUEUE must be a dead-letter queue of the stage, got {name[:80]!r}.",
        f"There are {', '.join(names)}.",
    )


def message_counts(sqs: Any, url: str) -> tuple[int, int]:
    """Return how many messages can be received now, and how many are delayed or in flight.

    Both are approximate, and a minute late:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    names = [f"ApproximateNumberOfMessages{state}" for state in STATES]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    visible, in_flight, delayed = (int(attributes.get(name, 0)) for name in names)
    return visible, in_flight + delayed


def _of_stack(kind: _Kind, outputs: Mapping[str, str]) -> DeadLetterQueue | None:
    # A stack that is not updated yet has not all of the queues.
    if kind.output not in outputs or kind.target not in outputs:
        return None
    return DeadLetterQueue(
        name=kind.name,
        title=kind.title,
        url=outputs[kind.output],
        target_url=outputs[kind.target],
        function_name=outputs.get(kind.function, ""),
        has_requests=_has_requests(kind.target),
    )


def _of_earlier_stacks(sqs: Any, stack: str, outputs: Mapping[str, str]) -> list[DeadLetterQueue]:
    current_names = {_queue_name(url) for url in outputs.values()}
    queues = []
    for url in _queue_urls(sqs, f"{stack}-"):
        name = _queue_name(url)
        match = GENERATED_NAME.fullmatch(name.removeprefix(f"{stack}-"))
        if not match or name in current_names or WORK_QUEUES[match[1]] not in outputs:
            continue
        target = WORK_QUEUES[match[1]]
        queues.append(
            DeadLetterQueue(
                name=name,
                title="left behind by an earlier stack",
                url=url,
                target_url=outputs[target],
                function_name="",
                has_requests=_has_requests(target),
                is_left_behind=True,
            )
        )
    return queues


def _has_requests(target: str) -> bool:
    return target in {WORK_QUEUES["Send"], WORK_QUEUES["Bulk"]}


def _queue_urls(sqs: Any, name_prefix: str) -> Iterator[str]:
    # Without a page size, SQS returns the first 1,000 queues, and no token for the rest.
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=name_prefix, PaginationConfig={"PageSize": QUEUES_PER_PAGE}
    )
    for page in pages:
        yield from page.get("QueueUrls", [])


def _queue_name(url: str) -> str:
    return url.rpartition("/")[2]


def _counted(sqs: Any, queue: DeadLetterQueue) -> DeadLetterQueue:
    count, hidden = message_counts(sqs, queue.url)
    return replace(queue, count=count, hidden=hidden)
