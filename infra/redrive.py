"""The command `make redrive`: moves dead letters of a deployed stack back to its work queues.

It also moves what earlier stacks of the stage left in their queues.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from infra.settings import Settings

__all__ = ["Move", "RedriveResult", "main", "moves_from_earlier_stacks", "redrive"]

ENVELOPE = '{"amsdal_mail": '
"""The start of a body that the send function wrote. It has an id already."""
MOVED = ENVELOPE + '{"original_message_id": "%s", "sent_at": "%s"}, "request": %s}'
"""The body of a moved request, with the message's first id and time for the send function.

An email that expires some seconds after it was queued must not become younger. A dead letter keeps
the time of its first message:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

It is not an attribute: the message may have the ten attributes that SQS takes.
"""

VISIBILITY_TIMEOUT_SECONDS = 60
"""SQS hides a received message for this time, in which it is sent and deleted."""

BATCH_SIZE = 10


QUEUES_PER_PAGE = 1000


class Move(NamedTuple):
    """A queue to empty, and the work queue for its messages."""

    title: str
    source_url: str
    target_url: str
    keeps_ids: bool = False
    """Whether the target's function needs the first id of a message."""


DEAD_LETTERS = (
    ("unsent emails", "SendDeadLetterQueueUrl", "SendQueueUrl"),
    ("unsent bulk emails", "BulkDeadLetterQueueUrl", "BulkQueueUrl"),
    ("undelivered timers", "UndeliveredTimerQueueUrl", "SendQueueUrl"),
    ("untracked events", "EventDeadLetterQueueUrl", "EventQueueUrl"),
    ("undelivered events", "UndeliveredEventQueueUrl", "EventQueueUrl"),
    ("untracked opens", "EngagementDeadLetterQueueUrl", "EngagementQueueUrl"),
    ("undelivered opens", "UndeliveredEngagementQueueUrl", "EngagementQueueUrl"),
)
"""Queues by the outputs of the stack: a title, the dead letters, the work queue."""

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


class RedriveResult(NamedTuple):
    """The number of moved messages, and AWS's error for each of the others by message id.

    `hidden` is the approximate number of messages that are delayed or in flight.
    """

    moved: int
    errors: dict[str, str]
    hidden: int


def main(arguments: list[str] | None = None) -> int:
    """Move all dead letters of a stage, and all messages that its earlier stacks left behind.

    Return 1 if AWS refuses a call, and print the reason.
    """
    options = _parser().parse_args(arguments)
    stack = Settings(stage=options.stage).stack_name
    try:
        # The CDK reads AWS_REGION. boto3 does not: it reads AWS_DEFAULT_REGION and the profile.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
        outputs = _outputs(session.client("cloudformation"), stack)
        sqs = session.client("sqs")
        moves = [
            _move_to(outputs[source], target, outputs, title)
            for title, source, target in DEAD_LETTERS
            if source in outputs  # a stack that is not updated yet has no queue of bulk mail
        ]
        moves += moves_from_earlier_stacks(sqs, stack, outputs)
        return max([_redrive_and_print(move, sqs) for move in moves])
    except NoRegionError:
        advice = "no region is set: set AWS_REGION, for example to eu-west-1"
        print(f"{stack}: {advice}", file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(f"{stack}: {error}", file=sys.stderr)
    return 1


def moves_from_earlier_stacks(sqs: Any, stack: str, outputs: Mapping[str, str]) -> list[Move]:
    """Find the queues that a deleted stack of the same name left, work queues included."""
    current_names = {_name(url) for url in outputs.values()}
    moves = []
    for page in _pages(sqs, f"{stack}-"):
        for url in page.get("QueueUrls", []):
            match = GENERATED_NAME.fullmatch(_name(url).removeprefix(f"{stack}-"))
            if match and _name(url) not in current_names:
                moves.append(_move_to(url, WORK_QUEUES[match[1]], outputs, _name(url)))
    return moves


def _move_to(source_url: str, target: str, outputs: Mapping[str, str], title: str) -> Move:
    keeps_ids = target in {WORK_QUEUES["Send"], WORK_QUEUES["Bulk"]}
    return Move(title, source_url, outputs[target], keeps_ids)


def _pages(sqs: Any, name_prefix: str) -> Iterator[dict[str, Any]]:
    # Without a page size, SQS returns the first 1,000 queues, and no token for the rest.
    paginator = sqs.get_paginator("list_queues")
    yield from paginator.paginate(
        QueueNamePrefix=name_prefix, PaginationConfig={"PageSize": QUEUES_PER_PAGE}
    )


def _name(queue_url: str) -> str:
    return queue_url.rpartition("/")[2]


def _redrive_and_print(move: Move, sqs: Any) -> int:
    result = redrive(sqs, move.source_url, move.target_url, keeps_ids=move.keeps_ids)
    print(f"{move.title:<20}{result.moved:>6} moved")
    for message_id, error in result.errors.items():
        print(f"{move.title}: {message_id} was not moved: {error}", file=sys.stderr)
    if result.hidden:
        print(f"{move.title}: about {result.hidden} are still hidden. Repeat the command later.")
    return 1 if result.errors else 0


def _hidden(sqs: Any, url: str) -> int:
    names = [f"ApproximateNumberOfMessages{state}" for state in ("Delayed", "NotVisible")]
    response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(number) for number in response["Attributes"].values())


def redrive(
    sqs: Any, source_url: str, target_url: str, *, keeps_ids: bool = False
) -> RedriveResult:
    """Move all messages that are visible now. Each is sent before it is deleted.

    After a crash in between, a message is in both queues. This is harmless, because the functions
    handle a message only once. SQS's StartMessageMoveTask gives a moved message a new id, so it is
    not used: for a request without an idempotency key, the id shows whether the email was sent.
    """
    moved, errors = 0, dict[str, str]()
    while messages := _receive(sqs, source_url, errors):
        for message in messages:
            try:
                body = _with_id(message) if keeps_ids else message["Body"]
                _move(sqs, message, body, source_url, target_url)
                moved += 1
            except ClientError as error:
                errors[message["MessageId"]] = str(error)
    # A message that failed is in flight too.
    return RedriveResult(moved, errors, max(0, _hidden(sqs, source_url) - len(errors)))


def _with_id(message: dict[str, Any]) -> str:
    body: str = message["Body"]
    if body.startswith(ENVELOPE):
        return body
    sent_at = message.get("Attributes", {}).get("SentTimestamp", "")
    return MOVED % (message["MessageId"], sent_at, body)


def _move(sqs: Any, message: dict[str, Any], body: str, source_url: str, target_url: str) -> None:
    attributes = message.get("MessageAttributes", {})
    sqs.send_message(QueueUrl=target_url, MessageBody=body, MessageAttributes=attributes)
    sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message["ReceiptHandle"])


def _receive(sqs: Any, url: str, errors: Collection[str]) -> list[dict[str, Any]]:
    response = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH_SIZE,
        VisibilityTimeout=VISIBILITY_TIMEOUT_SECONDS,
        WaitTimeSeconds=1,  # long polling asks all servers of SQS
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    # A message that failed becomes visible again while others are moved.
    messages = response.get("Messages", [])
    return [message for message in messages if message["MessageId"] not in errors]


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.redrive", description=__doc__)
    parser.add_argument("--stage", default=Settings.stage, help="default: %(default)s")
    return parser


def _flush_output() -> None:
    """Write the buffered output. A closed pipe, as after `| head`, is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        _flush_output()
