"""The ports of SendService: an email sender, a job queue and a send rate.

The store is a port too: `email_store.store.EmailStore`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amsdal_mail.message.email import EmailMessage
    from amsdal_mail.status import SendStatus
    from amsdal_mail.stream import Stream
    from email_store.rate_note import RateNote
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
    """The queues of jobs for a later invocation: a queue for each stream."""

    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        """Queue the jobs, all of one stream. The queue hides them for `delay_seconds`, 900 at most.

        A job that is too large for a message goes into the bucket, and the message names it.

        Raises:
            QueueError: some jobs may be queued. All can be queued again: claims prevent duplicates.
        """
        ...

    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        """Queue the body of a message of a stream's queue once more, as it is.

        Raises:
            QueueError: it may be queued.
        """
        ...

    def stream_of(self, queue_name: str) -> Stream | None:
        """Return the stream of a queue; None for a name that is not known."""
        ...

    def discard(self, job: SendJob) -> None:
        """Delete what is in the bucket for a job that is done. It never fails."""
        ...


class SendRate(Protocol):
    """Keeps sending below the account's sending rate, and lets transactional mail go first.

    `largest_call` is the number of recipients of one call to SES. While SES counts a larger one, it
    throttles all others.
    """

    largest_call: int

    def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
        """Wait until so many recipients may be sent to.

        Return False if that takes more than `at_most` seconds.
        """
        ...

    def give_back(self, stream: Stream, recipients: int) -> None:
        """Give back the turn of recipients that are not sent to after all."""
        ...

    def wants_note(self) -> bool:
        """Return whether the rate note is to be read with the suppression list."""
        ...

    def learn(self, stream: Stream, note: RateNote) -> None:
        """Adapt to the rate note, which was read for an email of the stream."""
        ...
