"""The port of what does not fit into a message of the queue, or waits: content by its key.

The adapter for S3 is `send_email.contents.s3_content_store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from send_email.sending.errors import ExpectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amsdal_mail.message.email import EmailMessage
    from amsdal_mail.message.stored_request import StoredContent

__all__ = ["AttachmentFiles", "ContentMissingError", "ContentStore", "ContentStoreError"]


class ContentStoreError(ExpectedError):
    """S3 refused the call or could not be reached. The cause says why. Retry later."""


class ContentMissingError(ExpectedError):
    """The content is not there any more, or is another one. A retry does not help."""


class ContentStore(Protocol):
    """Keeps contents. A key begins with a prefix, which decides how long a content is kept.

    Raises:
        ContentStoreError: each call can be repeated.
    """

    @property
    def bucket(self) -> str:
        """The bucket, for the URI of a content: `s3://<bucket>/<key>`."""
        ...

    def put(self, key: str, content: bytes) -> StoredContent:
        """Store a content, and return what `get` needs to find this very content again."""
        ...

    def copy(self, source: StoredContent, key: str) -> StoredContent:
        """Store a copy of a content under another key.

        Raises:
            ContentMissingError: there is no such content.
        """
        ...

    def get(self, content: StoredContent) -> bytes:
        """Return a content: any version of it, when no ETag is known.

        Raises:
            ContentMissingError: it was deleted, or another one was put in its place.
        """
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete contents. A key without a content is no error."""
        ...


class AttachmentFiles(Protocol):
    """Finds the files that attachments name: objects in S3, and uploads."""

    def pin(self, message: EmailMessage) -> tuple[EmailMessage, EmailMessage]:
        """Look each file up, and return the message with the versions that it has now.

        The second message is for the fingerprint: it has the same values for files of the same
        content, wherever the service keeps them.

        Raises:
            InvalidMessageError: names each file that cannot be attached.
            ContentStoreError: the same call can be repeated.
        """
        ...

    def as_written(self, message: EmailMessage) -> tuple[EmailMessage, EmailMessage]:
        """Return the message with the place of each file, without a look at it.

        The second message is for the fingerprint: it has only the versions that the request names,
        so that it is the same when a file changes or goes.
        """
        ...
