"""`make redrive`: put what lies in the dead-letter queues of a deployed stack back to work."""

import argparse
import sys
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from infra.settings import Settings

FIRST_ID = "first_message_id"
# SQS hides what was received from other calls so long: it is sent and deleted meanwhile.
HIDDEN_SECONDS = 60
BATCH_SIZE = 10


class Move(NamedTuple):
    """From which queue to which, by the names of the stack's outputs."""

    title: str
    source: str
    target: str


MOVES = (
    Move("unsent emails", "SendDeadLetterQueueUrl", "SendQueueUrl"),
    Move("untracked events", "EventDeadLetterQueueUrl", "EventQueueUrl"),
    Move("undelivered events", "UndeliveredEventQueueUrl", "EventQueueUrl"),
)


class Redriven(NamedTuple):
    """How many messages were moved, and AWS's reason for each that was not, by its id."""

    moved: int
    refused: dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Move every dead letter of the stage's stack; return 1 with the reason if AWS refuses."""
    options = _parser().parse_args(arguments)
    stack = Settings(stage=options.stage).stack_name
    try:
        outputs = _outputs(boto3.client("cloudformation"), stack)
        sqs = boto3.client("sqs")
        return max([_told(move, sqs, outputs) for move in MOVES])
    except NoRegionError:
        advice = "no region is set: say which one, AWS_REGION=eu-west-1 for example"
        print(f"{stack}: {advice}", file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(f"{stack}: {error}", file=sys.stderr)
    return 1


def _told(move: Move, sqs: Any, outputs: dict[str, str]) -> int:
    done = redrive(sqs, outputs[move.source], outputs[move.target])
    print(f"{move.title:<20}{done.moved:>6} moved")
    for message_id, reason in done.refused.items():
        print(f"{move.title}: {message_id} stays: {reason}", file=sys.stderr)
    return 1 if done.refused else 0


def redrive(sqs: Any, source_url: str, target_url: str) -> Redriven:
    """Move all messages that are visible now, each sent before it is deleted.

    A crash in between leaves a message in both queues, which harms nobody: whatever comes twice
    is sent once. StartMessageMoveTask would not do: a moved message gets a new id, and where the
    request named none, the id is what tells that the email was sent already. So it goes along.
    """
    moved, refused = 0, dict[str, str]()
    # A refused one becomes visible again while others are moved.
    while messages := [m for m in _receive(sqs, source_url) if m["MessageId"] not in refused]:
        for one in messages:
            try:
                _move(sqs, one, source_url, target_url)
                moved += 1
            except ClientError as error:
                refused[one["MessageId"]] = str(error)
    return Redriven(moved, refused)


def _move(sqs: Any, message: dict[str, Any], source_url: str, target_url: str) -> None:
    first_id = {"DataType": "String", "StringValue": message["MessageId"]}
    attributes = {FIRST_ID: first_id, **message.get("MessageAttributes", {})}
    sqs.send_message(QueueUrl=target_url, MessageBody=message["Body"], MessageAttributes=attributes)
    sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message["ReceiptHandle"])


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH_SIZE,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,  # asks all of SQS's servers, not some of them
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.redrive", description=__doc__)
    parser.add_argument("--stage", default=Settings.stage, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
