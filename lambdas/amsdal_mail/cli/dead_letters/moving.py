"""Moves dead letters back to their work queue, under the ids that they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.cli.dead_letters.queues import message_counts
from amsdal_mail.envelope import ORIGINAL_MESSAGE_ID, SENT_AT, is_sealed, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from amsdal_mail.cli.dead_letters.queues import DeadLetterQueue

__all__ = ["RedriveResult", "move_all"]

VISIBILITY_TIMEOUT_SECONDS = 60
"""SQS hides a received message for this time, in which it is sent and deleted."""
BATCH_SIZE = 10


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """The number of moved messages, and AWS's error for each of the others by message id.

    `hidden` is the approximate number of messages that are delayed or in flight.
    """

    moved: int
    errors: dict[str, str] = field(default_factory=dict)
    hidden: int = 0


def move_all(
    sqs: Any, queue: DeadLetterQueue, on_progress: Callable[[int], None] = lambda _moved: None
) -> RedriveResult:
    """Move all messages that are visible now. Each is sent before it is deleted.

    `on_progress` is called with the number of moved messages, after each.

    After a crash in between, a message is in both queues. This is harmless, because the functions
    handle a message only once. SQS's StartMessageMoveTask gives a moved message a new id, so it is
    not used: for a request without an idempotency key, the id shows whether the email was sent.

    Raises:
        ClientError, BotoCoreError: the queue cannot be read.
    """
    moved, errors = 0, dict[str, str]()
    while messages := _receive(sqs, queue.url, errors):
        for message in messages:
            body = _with_id(message) if queue.has_requests else message["Body"]
            try:
                _move(sqs, message, body, queue)
            except (ClientError, BotoCoreError) as error:
                errors[message["MessageId"]] = str(error)
            else:
                moved += 1
                on_progress(moved)
    _, hidden = message_counts(sqs, queue.url)
    # A message that failed is in flight too.
    return RedriveResult(moved, errors, max(0, hidden - len(errors)))


def _with_id(message: dict[str, Any]) -> str:
    """Return a request in an envelope with the first id and time of its message.

    A body that the send function wrote has an id already. An email that expires some seconds after
    it was queued must not become younger. A dead letter keeps the time of its first message:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    body: str = message["Body"]
    if is_sealed(body):
        return body
    sent_at = message.get("Attributes", {}).get("SentTimestamp", "")
    return seal({ORIGINAL_MESSAGE_ID: message["MessageId"], SENT_AT: sent_at}, body)


def _move(sqs: Any, message: dict[str, Any], body: str, queue: DeadLetterQueue) -> None:
    attributes = message.get("MessageAttributes", {})
    sqs.send_message(QueueUrl=queue.target_url, MessageBody=body, MessageAttributes=attributes)
    sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])


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
