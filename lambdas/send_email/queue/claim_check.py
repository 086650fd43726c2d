"""The claim check: moves what a message of the queue cannot take into the bucket.

Larger files go first, each once for all chunks of an email. If the JSON is still too large, it
follows. A retry names the same objects again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.message.stored_request import QUEUED, StoredContent, new_key, store_files
from send_email.sending.content_store import ContentStoreError

if TYPE_CHECKING:
    from amsdal_mail.message.attachment import Attachment
    from send_email.sending.content_store import ContentStore
    from send_email.sending.job import SendJob

__all__ = ["ClaimCheck"]


class ClaimCheck:
    """The claim checks of jobs that are put on the queue together.

    Raises:
        ContentStoreError, ContentMissingError: a job cannot be put on the queue now.
    """

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents
        self._stored: dict[int, tuple[Attachment, Attachment]] = {}
        """Files by their `id`, and the same in the bucket. The former keep their ids taken."""
        self._copies: dict[tuple[str, str], StoredContent] = {}

    def store_files(self, job: SendJob) -> SendJob:
        """Return the job with its larger files in the bucket, if they are too large together.

        Uploads are copied, because an upload is kept for a day only.
        """
        message = job.message
        if not message.attachments or job.stored is not None:
            return job
        message = store_files(message, SQS_SIZE_LIMIT, self._store)
        if any(self._is_upload(file) for file in message.attachments):
            files = [self._copied(file) for file in message.attachments]
            message = message.replace(attachments=files)
        return job if message is job.message else replace(job, message=message)

    def store_request(self, job: SendJob) -> SendJob:
        """Return the job with the JSON of its message in the bucket."""
        content = self._contents.put(new_key(), job.json.encode())
        return replace(job, stored=content)

    def _store(self, file: Attachment) -> Attachment:
        if id(file) not in self._stored:  # the chunks of an email have the same files
            content = self._contents.put(new_key(), file.content)
            self._stored[id(file)] = file, file.moved_to(self._uri(content), content.etag)
        return self._stored[id(file)][1]

    def _copied(self, file: Attachment) -> Attachment:
        if not self._is_upload(file):
            return file
        key, etag = S3Object.from_uri(file.s3_uri or "").key, file.s3_etag or ""
        if (key, etag) not in self._copies:  # the chunks of an email name the same uploads
            content = self._contents.copy(StoredContent(key, 0, etag), new_key())
            self._copies[key, etag] = content
        content = self._copies[key, etag]
        return file.moved_to(self._uri(content), content.etag)

    def _is_upload(self, file: Attachment) -> bool:
        if file.s3_uri is None:
            return False
        place = S3Object.from_uri(file.s3_uri)
        return place.bucket == self._contents.bucket and not place.key.startswith(QUEUED)

    def _uri(self, content: StoredContent) -> str:
        return S3Object(self._contents.bucket, content.key).uri


def discard(contents: ContentStore, job: SendJob) -> None:
    """Delete what the bucket keeps for a job that is done.

    The files of a chunk belong to the other chunks too. They, and what cannot be deleted now, are
    deleted by the lifecycle of the bucket.
    """
    keys = [content.key for content in (job.stored, job.outdated) if content]
    if job.chunk is None and job.is_one_call:
        places = (S3Object.from_uri(file.s3_uri) for file in job.message.attachments if file.s3_uri)
        keys += [p.key for p in places if p.bucket == contents.bucket and p.key.startswith(QUEUED)]
    if keys:
        with suppress(ContentStoreError):
            contents.delete(keys)
