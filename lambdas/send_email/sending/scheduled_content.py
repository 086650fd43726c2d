"""The content of an email that waits for its time: its message, with the files that it names.

A content has a key of its own in each request. A repeated request stores a second one, and the
record keeps the first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.message.stored_request import StoredContent
from send_email.sending.content_store import ContentMissingError, ContentStoreError

if TYPE_CHECKING:
    from amsdal_mail.message.attachment import Attachment
    from amsdal_mail.message.email import EmailMessage
    from send_email.sending.content_store import ContentStore
    from send_email.sending.job import SendJob

__all__ = ["SCHEDULED", "delete_content", "read_message", "store_message"]

SCHEDULED = "scheduled/"
"""The prefix of the objects, which the bucket keeps for more than a year."""


def store_message(contents: ContentStore, job: SendJob) -> StoredContent:
    """Store the message of a job. Files in the bucket are copied: they are kept for days only.

    Raises:
        ContentStoreError: it can be stored again.
        ContentMissingError: a file is not there any more.
    """
    message = job.message
    if any(_is_own(contents, file) for file in message.attachments):
        files = [_kept(contents, file) for file in message.attachments]
        message = message.replace(attachments=files)
    return contents.put(_new_key(), message.to_json().encode())


def read_message(contents: ContentStore, content: StoredContent) -> EmailMessage:
    """Return the message.

    Raises:
        ContentStoreError: it can be read again.
        ContentMissingError: it is not there any more.
    """
    # pydantic prepares one class then, not two.
    return EmailRequest.from_json(contents.get(content)).message


def delete_content(
    contents: ContentStore, content: StoredContent, message: EmailMessage | None = None
) -> None:
    """Delete a content and its files. The lifecycle of the bucket deletes what is left.

    Args:
        contents: the store.
        content: the content of the message.
        message: the message, if it is at hand. It is read to find its files, if it is not, or if
            a job on the queue has other copies of them.
    """
    with suppress(ContentStoreError):
        contents.delete([content.key, *_kept_keys(contents, content, message)])


def _kept_keys(
    contents: ContentStore, content: StoredContent, message: EmailMessage | None
) -> list[str]:
    keys = _own_keys(contents, message) if message else []
    if message and all(key.startswith(SCHEDULED) for key in keys):
        return keys
    # A message that a rule has made invalid since is deleted too. The lifecycle takes its files.
    with suppress(ContentStoreError, ContentMissingError, InvalidMessageError):
        keys = _own_keys(contents, read_message(contents, content))
        return [key for key in keys if key.startswith(SCHEDULED)]
    return []


def _own_keys(contents: ContentStore, message: EmailMessage) -> list[str]:
    places = (S3Object.from_uri(file.s3_uri) for file in message.attachments if file.s3_uri)
    return [place.key for place in places if place.bucket == contents.bucket]


def _kept(contents: ContentStore, file: Attachment) -> Attachment:
    if not _is_own(contents, file):
        return file
    source = StoredContent(S3Object.from_uri(file.s3_uri or "").key, 0, file.s3_etag or "")
    copy = contents.copy(source, _new_key())
    return replace(file, s3_uri=S3Object(contents.bucket, copy.key).uri, s3_etag=copy.etag)


def _is_own(contents: ContentStore, file: Attachment) -> bool:
    return bool(file.s3_uri) and S3Object.from_uri(file.s3_uri or "").bucket == contents.bucket


def _new_key() -> str:
    return f"{SCHEDULED}{uuid4().hex}"
