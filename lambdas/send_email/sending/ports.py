"""What the service works with, as it sees it: what sends, what queues and what paces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import SendStatus
from send_email.sending.job import SendJob

__all__ = ["Queue", "Sender", "Turns"]


class Sender(Protocol):
    """What hands messages to SES."""

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        """Send one message; see SESBackend."""
        ...


class Queue(Protocol):
    """Where jobs wait for another invocation."""

    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        """Put them on the queue; see SendQueue."""
        ...


class Turns(Protocol):
    """What keeps the sending to the account's rate."""

    def wait(self, recipients: int, at_most: float) -> bool:
        """Wait for a turn, so many seconds at most; see SendRateLimiter."""
        ...
