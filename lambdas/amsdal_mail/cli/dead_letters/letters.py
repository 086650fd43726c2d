"""Reads dead letters with the reasons for which they failed, and puts them back to work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.cli.dead_letters.function_log import FunctionLog
from amsdal_mail.cli.dead_letters.moving import RedriveResult, move_all
from amsdal_mail.cli.dead_letters.queues import DeadLetterQueue, find_queue
from amsdal_mail.cli.dead_letters.reasons import (
    Reason,
    read_event,
    read_request,
    reasons_of_record,
)
from amsdal_mail.cli.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amsdal_mail.cli.stage import Stage

__all__ = ["DeadLetter", "Records", "redrive", "show"]

HIDDEN_SECONDS = 30
"""How long a shown message is hidden at most: the command ends before it gives it back."""
BATCH_SIZE = 10
NOT_FOUND = 404
NO_REASON = "neither the message, the log nor the record says why"


class Records(Protocol):
    """Reads the record of an email, as `amsdal_mail.cli.service.Service` does."""

    def show(self, email_id: str) -> Any:
        """Return the email. Raises ServiceError, with the status 404 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of a dead-letter queue.

    `receives` counts every time that SQS handed it out since it was first queued, to functions and
    to operators: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    `reasons` begins with what explains most.
    """

    message_id: str
    kind: str
    email_id: str | None
    sent_at: datetime | None
    receives: int
    reasons: tuple[Reason, ...]
    body: str

    @property
    def reason(self) -> str:
        """The first of the reasons, as text."""
        return self.reasons[0].text if self.reasons else NO_REASON


def show(
    stage: Stage, queue: str | DeadLetterQueue, limit: int = 10, *, records: Records | None = None
) -> list[DeadLetter]:
    """Return up to `limit` messages of the queue, each with the reasons for which it failed.

    Nothing is deleted. SQS has no way to read a message without receiving it: each shown message
    counts one receive more, and is hidden for the moment of the call. A dead-letter queue has no
    limit of receives; a work queue that an earlier stack left has one of ten.

    With `records`, the record of each email is asked too.

    Raises:
        UnknownQueueError: there is no queue of that name.
        ClientError, BotoCoreError: the queue cannot be read. A log or a record that cannot be read
            is one of the reasons instead.
    """
    if isinstance(queue, str):
        queue = find_queue(stage, queue)
    messages = _look_at(stage.client("sqs"), queue.url, limit)
    log = _open_log(stage, queue) if messages else None
    return [_letter(message, queue, log, records) for message in messages]


def redrive(
    stage: Stage,
    queue: str | DeadLetterQueue,
    on_progress: Callable[[int], None] = lambda _moved: None,
) -> RedriveResult:
    """Move all visible messages of a dead-letter queue back to its work queue: see `move_all`.

    Raises:
        UnknownQueueError: there is no queue of that name.
        ClientError, BotoCoreError: the queue cannot be read.
    """
    if isinstance(queue, str):
        queue = find_queue(stage, queue)
    return move_all(stage.client("sqs"), queue, on_progress)


def _look_at(sqs: Any, url: str, limit: int) -> list[dict[str, Any]]:
    """Receive each message once, and make all visible again."""
    messages: dict[str, dict[str, Any]] = {}
    try:
        while len(messages) < limit:
            response = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(BATCH_SIZE, limit - len(messages)),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # long polling asks all servers of SQS
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
            received = {message["MessageId"]: message for message in response.get("Messages", [])}
            if not received.keys() - messages.keys():
                break
            messages |= received
    finally:
        _give_back(sqs, url, list(messages.values()))
    return list(messages.values())


def _give_back(sqs: Any, url: str, messages: list[dict[str, Any]]) -> None:
    for first in range(0, len(messages), BATCH_SIZE):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(messages[first : first + BATCH_SIZE])
        ]
        try:
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        except (ClientError, BotoCoreError):
            continue  # they come back by themselves after HIDDEN_SECONDS


def _letter(
    message: dict[str, Any],
    queue: DeadLetterQueue,
    log: FunctionLog | Reason | None,
    records: Records | None,
) -> DeadLetter:
    contents = read_request(message) if queue.has_requests else read_event(message)
    attributes = message.get("Attributes", {})
    sent_at = _moment(attributes.get("SentTimestamp"))
    reasons = list(contents.faults)
    if isinstance(log, Reason):
        reasons.append(log)
    elif log is not None and sent_at is not None:
        reasons.append(_why(log, message["MessageId"], sent_at))
    reasons += contents.notes
    if records is not None and contents.email_id and queue.has_requests:
        reasons += _recorded(records, contents.email_id)
    return DeadLetter(
        message_id=message["MessageId"],
        kind=contents.kind,
        email_id=contents.email_id,
        sent_at=sent_at,
        receives=int(attributes.get("ApproximateReceiveCount", 0)),
        reasons=tuple(reasons),
        body=message.get("Body", ""),
    )


def _open_log(stage: Stage, queue: DeadLetterQueue) -> FunctionLog | Reason | None:
    if not queue.function_name:
        return None
    try:
        return FunctionLog(stage, queue.function_name)
    except (ClientError, BotoCoreError) as error:
        return _unreadable(error)


def _why(log: FunctionLog, message_id: str, sent_at: datetime) -> Reason:
    try:
        return log.why(message_id, sent_at)
    except (ClientError, BotoCoreError) as error:
        return _unreadable(error)


def _unreadable(error: Exception) -> Reason:
    return Reason("log", f"the log could not be read: {error}")


def _recorded(records: Records, email_id: str) -> tuple[Reason, ...]:
    try:
        return reasons_of_record(records.show(email_id))
    except ServiceError as error:
        if error.status == NOT_FOUND:
            return reasons_of_record(None)
        return (Reason("record", f"the record could not be read: {error}"),)


def _moment(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
