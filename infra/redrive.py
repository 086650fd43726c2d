"""The command `make redrive`: moves dead letters of a deployed stack back to its work queues."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from infra.settings import Settings

__all__ = ["RedriveResult", "main", "redrive"]

ENVELOPE = '{"amsdal_mail": '
"""The start of a body that the send function wrote. It has an id already."""
MOVED = ENVELOPE + '{"original_message_id": "%s"}, "request": %s}'
"""The body of a moved request, with the message's first id for the send function.

It is not an attribute: the message may have the ten attributes that SQS takes.
"""

VISIBILITY_TIMEOUT_SECONDS = 60
"""SQS hides a received message for this time, in which it is sent and deleted."""

BATCH_SIZE = 10


class Move(NamedTuple):
    """A pair of queues, by the names of the stack's outputs."""

    title: str
    source: str
    target: str
    keeps_ids: bool = False
    """Whether the target's function needs the first id of a message."""


MOVES = (
    Move("unsent emails", "SendDeadLetterQueueUrl", "SendQueueUrl", keeps_ids=True),
    Move("untracked events", "EventDeadLetterQueueUrl", "EventQueueUrl"),
    Move("undelivered events", "UndeliveredEventQueueUrl", "EventQueueUrl"),
    Move("untracked opens", "EngagementDeadLetterQueueUrl", "EngagementQueueUrl"),
    Move("undelivered opens", "UndeliveredEngagementQueueUrl", "EngagementQueueUrl"),
)


class RedriveResult(NamedTuple):
    """The number of moved messages, and AWS's error for each of the others by message id."""

    moved: int
    errors: dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Move all dead letters of a stage. Return 1 if AWS refuses a call, and print the reason."""
    options = _parser().parse_args(arguments)
    stack = Settings(stage=options.stage).stack_name
    try:
        outputs = _outputs(boto3.client("cloudformation"), stack)
        sqs = boto3.client("sqs")
        return max([_redrive_and_print(move, sqs, outputs) for move in MOVES])
    except NoRegionError:
        advice = "no region is set: set AWS_REGION, for example to eu-west-1"
        print(f"{stack}: {advice}", file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(f"{stack}: {error}", file=sys.stderr)
    return 1


def _redrive_and_print(move: Move, sqs: Any, outputs: dict[str, str]) -> int:
    result = redrive(sqs, outputs[move.source], outputs[move.target], keeps_ids=move.keeps_ids)
    print(f"{move.title:<20}{result.moved:>6} moved")
    for message_id, error in result.errors.items():
        print(f"{move.title}: {message_id} was not moved: {error}", file=sys.stderr)
    return 1 if result.errors else 0


def redrive(
    sqs: Any, source_url: str, target_url: str, *, keeps_ids: bool = False
) -> RedriveResult:
    """Move all messages that are visible now. Each is sent before it is deleted.

    After a crash in between, a message is in both queues. This is harmless, because the functions
    handle a message only once. SQS's StartMessageMoveTask gives a moved message a new id, so it is
    not used: for a request without an idempotency key, the id shows whether the email was sent.
    """
    moved, errors = 0, dict[str, str]()
    # A message that failed becomes visible again while others are moved.
    while messages := [m for m in _receive(sqs, source_url) if m["MessageId"] not in errors]:
        for message in messages:
            try:
                body = _with_id(message) if keeps_ids else message["Body"]
                _move(sqs, message, body, source_url, target_url)
                moved += 1
            except ClientError as error:
                errors[message["MessageId"]] = str(error)
    return RedriveResult(moved, errors)


def _with_id(message: dict[str, Any]) -> str:
    body: str = message["Body"]
    if body.startswith(ENVELOPE):
        return body
    return MOVED % (message["MessageId"], body)


def _move(sqs: Any, message: dict[str, Any], body: str, source_url: str, target_url: str) -> None:
    attributes = message.get("MessageAttributes", {})
    sqs.send_message(QueueUrl=target_url, MessageBody=body, MessageAttributes=attributes)
    sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message["ReceiptHandle"])


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    response = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH_SIZE,
        VisibilityTimeout=VISIBILITY_TIMEOUT_SECONDS,
        WaitTimeSeconds=1,  # long polling asks all servers of SQS
        MessageAttributeNames=["All"],
    )
    return list(response.get("Messages", []))


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.redrive", description=__doc__)
    parser.add_argument("--stage", default=Settings.stage, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
