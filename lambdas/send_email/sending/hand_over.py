"""The hand-over of large emails: how many chunks one invocation can put on the queue.

An email that is sent in one call hands over nothing, and needs no budget.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from amsdal_mail.message.stored_request import files_exceed
from send_email.sending.errors import MessageTooLargeError
from send_email.sending.recipients import MERGE_FIELDS

if TYPE_CHECKING:
    from send_email.sending.job import SendJob

__all__ = ["HandOver", "HandOverBudget", "hand_over_of"]

MESSAGES = 1_000
SIZE = 64 * 1024 * 1024
SECONDS = 20.0
"""What one invocation puts on the queue in this time, with much to spare: after a cold start, an
HTTP request has no more.

SQS takes ten messages, or one MiB, in a call, and a call takes some 50 ms.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""


class HandOver(NamedTuple):
    """The messages that an email makes on the queue, and their bytes together."""

    messages: int
    size: int


NOTHING = HandOver(0, 0)


def hand_over_of(job: SendJob) -> HandOver:
    """Return the hand-over of a job; nothing for a job that is sent in one call."""
    if job.is_one_call:
        return NOTHING
    message, files = job.message, 0
    if files_exceed(message, SQS_SIZE_LIMIT):  # the bucket has them once for all chunks
        files = sum(len(file.content) for file in message.attachments)
        message = message._with(attachments=())
    count = -(-len(message.to) // RECIPIENT_LIMIT)
    merged = [name for name in MERGE_FIELDS if getattr(message, name) is not None]
    shared = message._with(to=message.to[:1], **{name: {} for name in merged})
    # Each chunk has all but the recipients of the others.
    size = len(message.to_json().encode()) + (count - 1) * len(shared.to_json().encode())
    return HandOver(count, files + size)


@dataclass(slots=True)
class HandOverBudget:
    """What the large emails of one invocation may put on the queue together. Thread-safe."""

    seconds: float = SECONDS
    """The time of the invocation."""
    _taken: HandOver = NOTHING
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def limit(self) -> HandOver:
        """The whole budget."""
        share = min(1.0, max(0.0, self.seconds / SECONDS))
        return HandOver(int(MESSAGES * share), int(SIZE * share))

    def ensure_fits(self, job: SendJob) -> None:
        """Check that the job would fit into a whole budget.

        Raises:
            MessageTooLargeError: no invocation could hand it over.
        """
        wanted = hand_over_of(job)
        if not self._has_room_for(wanted):
            raise self._too_large(wanted)

    def take(self, job: SendJob) -> bool:
        """Take the hand-over of the job. Return False when too little of the budget is left."""
        wanted = hand_over_of(job)
        with self._lock:
            taken = HandOver(self._taken.messages + wanted.messages, self._taken.size + wanted.size)
            if not self._has_room_for(taken):
                return False
            self._taken = taken
            return True

    def require(self, job: SendJob) -> None:
        """Take the hand-over of the job.

        Raises:
            MessageTooLargeError: too little of the budget is left.
        """
        if not self.take(job):
            raise self._too_large(hand_over_of(job))

    def _has_room_for(self, wanted: HandOver) -> bool:
        return wanted.messages <= self.limit.messages and wanted.size <= self.limit.size

    def _too_large(self, wanted: HandOver) -> MessageTooLargeError:
        return MessageTooLargeError(
            f"The email makes {wanted.messages} messages of {RECIPIENT_LIMIT} recipients and"
            f" {wanted.size} bytes for the queue. One request may make at most"
            f" {self.limit.messages} messages and {self.limit.size} bytes."
        )
