"""Keeps messages in the bucket of the service, each with its files, below a prefix of its own.

    kept/<email id>/<fingerprint>/message.json      its JSON, with its files as places in S3
    kept/<email id>/<fingerprint>/message.json.gz   the same, where gzip makes it smaller
    kept/<email id>/<fingerprint>/0                 its first file

A key belongs to one request: whoever puts it again, puts the same.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.message.stored_request import StoredContent
from send_email.contents.attachment_files import S3AttachmentFiles
from send_email.contents.s3_content_store import LARGEST, S3ContentStore
from send_email.sending.content_store import ContentMissingError, ContentStoreError
from send_email.sending.kept_contents import KeptContents, KeptFile, KeptLinks

if TYPE_CHECKING:
    from amsdal_mail.message.attachment import Attachment
    from amsdal_mail.message.email import EmailMessage
    from email_store.records import EmailRecord
    from send_email.sending.job import SendJob

__all__ = ["KEPT", "S3KeptContents"]

KEPT = "kept/"
"""The prefix of the objects. The rule of the bucket for it deletes them."""
MESSAGE, ZIPPED = "message.json", "message.json.gz"
WORTH_ZIPPING = 1024
"""Bytes of JSON."""
FAST_LEVEL = 1
"""Of gzip: a message is text, of which any level saves most."""
URL_LIFETIME = timedelta(minutes=15)
SLOW_SECONDS = 1.0
PAUSE_SECONDS = 30.0
"""For so long, nothing is kept after a failure that took over SLOW_SECONDS: it delays sending."""
LOOK_UPS = 8
"""Files of a message that are looked up at once."""
DELETED_AT_ONCE = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""


class S3KeptContents(KeptContents):
    """Kept messages as objects.

    Args:
        build_client: returns an S3 client. It is called at the first need.
        bucket: the bucket of the service.
        allowed: other buckets whose objects may be attached, each with an optional prefix.
        retention: how long a message is kept.
        clock: returns the time.
        seconds: returns the seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        build_client: Callable[[], Any],
        bucket: str,
        allowed: Sequence[str],
        retention: timedelta,
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = build_client
        self._bucket = bucket
        self._store = S3ContentStore(build_client, bucket)
        # A caller may not attach what is kept: it may be of somebody else's email.
        self._files = S3AttachmentFiles(build_client, bucket, (*allowed, f"{bucket}/{KEPT}"))
        self._retention = retention
        self._clock = clock
        self._seconds = seconds
        self._paused_until = float("-inf")

    @property
    @override
    def retention(self) -> timedelta:
        return self._retention

    @override
    def put(self, job: SendJob, seconds: float) -> str:
        began = self._seconds()
        if began < self._paused_until:
            raise ContentStoreError("not tried, because S3 was slow to fail before")
        try:
            return self._put(job, began + seconds)
        except ContentStoreError as error:
            ended = self._seconds()
            is_of_s3 = error.__cause__ is not None  # large files take long without a failure
            if is_of_s3 and ended - began > SLOW_SECONDS:
                self._paused_until = ended + PAUSE_SECONDS
            raise

    def _put(self, job: SendJob, until: float) -> str:
        folder = _folder(job.email_id, job.fingerprint)
        files = []
        for number, file in enumerate(job.message.attachments):
            self._require_time(until)
            files.append(self._put_file(file, f"{folder}{number}"))
        self._require_time(until)
        kept = job.message._with(attachments=tuple(files)) if files else job.message
        # pydantic prepares one class then, not two.
        document = EmailRequest.from_message(kept, None).to_json().encode()
        name = MESSAGE
        if len(document) >= WORTH_ZIPPING:
            zipped = gzip.compress(document, FAST_LEVEL, mtime=0)
            if len(zipped) < len(document):
                name, document = ZIPPED, zipped
        return self._store.put(f"{folder}{name}", document).key

    def _put_file(self, file: Attachment, key: str) -> Attachment:
        """Return the file in its place. An object of another bucket stays there."""
        if file.s3_uri is None:
            stored = self._store.put(key, file.content)
        elif (place := S3Object.from_uri(file.s3_uri)).bucket == self._bucket:
            stored = self._store.copy(StoredContent(place.key, 0, file.s3_etag or ""), key)
        else:
            return file
        return file.moved_to(S3Object(self._bucket, key).uri, stored.etag)

    def _require_time(self, until: float) -> None:
        if self._seconds() >= until:
            raise ContentStoreError("there was no time left")

    @override
    def read(self, key: str) -> EmailMessage:
        document = self._store.get(StoredContent(key, 0, ""))
        if key.endswith(ZIPPED):
            document = _unzipped(document)
        try:
            return EmailRequest.from_json(document).message
        except InvalidMessageError as error:
            raise ContentMissingError("the kept message is not valid any more") from error

    @override
    def find(self, email_id: str, fingerprint: str) -> EmailMessage | None:
        for name in (ZIPPED, MESSAGE):
            try:
                return self.read(f"{_folder(email_id, fingerprint)}{name}")
            except ContentMissingError:
                continue
        return None

    @override
    def pin(self, message: EmailMessage) -> EmailMessage:
        if not message.attachments:
            return message
        pinned, _ = self._files.pin(message)
        return pinned

    @override
    def links(self, key: str, message: EmailMessage) -> KeptLinks:
        expires_at = self._clock() + URL_LIFETIME
        coding = {"ResponseContentEncoding": "gzip"} if key.endswith(ZIPPED) else {}
        shown = {"ResponseContentType": "application/json", **coding}
        url = self._sign(S3Object(self._bucket, key), shown)
        if not message.attachments:
            return KeptLinks(url, (), expires_at)
        with ThreadPoolExecutor(min(LOOK_UPS, len(message.attachments)), "file") as pool:
            return KeptLinks(url, tuple(pool.map(self._link, message.attachments)), expires_at)

    def _link(self, file: Attachment) -> KeptFile:
        """Look a file up. A browser saves it, and shows nothing of it as a page of the bucket."""
        place = S3Object.from_uri(file.s3_uri or "")
        try:
            _, size = self._files.look_up(place, file.s3_etag)
        except ValueError:
            return KeptFile(file.filename, file.content_type, file.content_id, None, None)
        name = quote(file.filename, safe="")
        shown = {
            "ResponseContentType": file.content_type,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{name}",
        }
        url = self._sign(place, shown)
        return KeptFile(file.filename, file.content_type, file.content_id, size, url)

    def _sign(self, place: S3Object, shown: dict[str, str]) -> str:
        url: str = self._client().generate_presigned_url(
            "get_object",
            Params={"Bucket": place.bucket, "Key": place.key, **shown},
            ExpiresIn=int(URL_LIFETIME.total_seconds()),
        )
        return url

    @override
    def rewrite(self, key: str, message: EmailMessage) -> None:
        document = EmailRequest.from_message(message, None).to_json().encode()
        if key.endswith(ZIPPED):
            document = gzip.compress(document, FAST_LEVEL, mtime=0)
        self._store.put(key, document)

    @override
    def delete_content(self, record: EmailRecord) -> int:
        prefix = f"{KEPT}{record.email_id}/"
        count = 0
        try:
            while keys := self._listed(prefix):
                self._delete(keys)
                count += len(keys)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise ContentStoreError(f"delete: {code}") from error
        except BotoCoreError as error:
            raise ContentStoreError(f"delete: {type(error).__name__}") from error
        return count

    def _listed(self, prefix: str) -> list[str]:
        page = self._client().list_objects_v2(
            Bucket=self._bucket, Prefix=prefix, MaxKeys=DELETED_AT_ONCE
        )
        return [entry["Key"] for entry in page.get("Contents", ())]

    def _delete(self, keys: Sequence[str]) -> None:
        response = self._client().delete_objects(
            Bucket=self._bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        )
        if errors := response.get("Errors"):
            raise ContentStoreError(f"DeleteObjects: {errors[0].get('Code')}")


def _folder(email_id: str, fingerprint: str) -> str:
    return f"{KEPT}{email_id}/{fingerprint[:32]}/"


def _unzipped(document: bytes) -> bytes:
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = reader.decompress(document, LARGEST)
    except zlib.error as error:
        raise ContentMissingError("the kept message is damaged") from error
    if reader.unconsumed_tail or not reader.eof:
        raise ContentMissingError("the kept message is too large, or damaged")
    return content
