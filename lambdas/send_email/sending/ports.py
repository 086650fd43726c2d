"""The ports of SendService: an email sender, a job queue and a send rate.

The store is a port too: `email_store.store.EmailStore`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amsdal_mail.message.email import EmailMessage
    from amsdal_mail.status import SendStatus
    from send_email.sending.job import SendJob

__all__ = ["EmailSender", "JobQueue", "SendRate"]


class EmailSender(Protocol):
    """Sends messages through SES."""

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        """Send one message. Its SES message tags are its own and the extra ones.

        Raises:
            ConfigurationError: AWS refuses the set-up, not the message.
        """
        ...


class JobQueue(Protocol):
    """The queue of jobs for a later invocation."""

    def put(self, jobs: Iterable[SendJob], delay_seconds: int = 0) -> None:
        """Queue the jobs. The queue hides them for `delay_seconds`, 900 at most.

        A job that is too large for a message goes into the bucket, and the message names it.

        Raises:
            QueueError: some jobs may be queued. All can be queued again: claims prevent duplicates.
        """
        ...

    def put_again(self, body: str, delay_seconds: int) -> None:
        """Queue the body of a message of this queue once more, as it is.

        Raises:
            QueueError: it may be queued.
        """
        ...

    def discard(self, job: SendJob) -> None:
        """Delete what is in the bucket for a job that is done. It never fails."""
        ...


class SendRate(Protocol):
    """Keeps sending below the account's sending rate."""

    def wait(self, recipients: int, at_most: float) -> bool:
        """Wait until so many recipients may be sent to.

        Return False, without waiting, if that takes more than `at_most` seconds.
        """
        ...
