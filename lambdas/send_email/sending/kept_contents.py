"""The port of kept messages: where people look into an email, and from where it is sent again.

The adapter for S3 is `send_email.contents.kept_contents`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from amsdal_mail.message.email import EmailMessage
    from email_store.records import EmailRecord
    from send_email.sending.job import SendJob

__all__ = ["KeptContents", "KeptFile", "KeptLinks"]


class KeptFile(NamedTuple):
    """A file of a kept message. Size and URL are None when it is not there any more."""

    filename: str
    content_type: str
    content_id: str | None
    size: int | None
    """Bytes."""
    url: str | None


class KeptLinks(NamedTuple):
    """URLs that anybody can load a kept message and its files from, until they expire."""

    message_url: str
    """Its JSON. An attachment in it has no content."""
    files: Sequence[KeptFile]
    expires_at: datetime


class KeptContents(Protocol):
    """Keeps whole messages with their files.

    Raises:
        ContentStoreError: each call can be repeated.
    """

    @property
    def retention(self) -> timedelta:
        """How long a message is kept."""
        ...

    def put(self, job: SendJob, seconds: float) -> str:
        """Keep the message of a job, and return its key. A repeated call puts the same objects.

        Raises:
            ContentMissingError: a file of the message is not there any more.
            ContentStoreError: S3 failed, or `seconds` did not suffice.
        """
        ...

    def read(self, key: str) -> EmailMessage:
        """Return a message, with its files as places in S3.

        Raises:
            ContentMissingError: it is not there any more, or a rule has made it invalid since.
        """
        ...

    def find(self, email_id: str, fingerprint: str) -> EmailMessage | None:
        """Return the message of a request, also when no record names it yet."""
        ...

    def pin(self, message: EmailMessage) -> EmailMessage:
        """Return a kept message whose files are all there, in the versions that it names.

        Raises:
            InvalidMessageError: names each file that is gone or is another one.
        """
        ...

    def links(self, key: str, message: EmailMessage) -> KeptLinks:
        """Sign URLs for a kept message and its files."""
        ...

    def rewrite(self, key: str, message: EmailMessage) -> None:
        """Put another message in the place of one. Its files stay as they are."""
        ...

    def delete_content(self, record: EmailRecord) -> int:
        """Delete all objects of an email, and return their number. It can be repeated.

        Objects that a crashed worker left without a record are deleted too.
        """
        ...
