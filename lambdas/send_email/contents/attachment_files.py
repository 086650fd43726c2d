"""Looks up the files that attachments name, before the email is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.limits import MESSAGE_SIZE_LIMIT
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.message.stored_request import QUEUED
from send_email.sending.content_store import AttachmentFiles, ContentStoreError

if TYPE_CHECKING:
    from amsdal_mail.message.attachment import Attachment
    from amsdal_mail.message.email import EmailMessage

__all__ = ["S3AttachmentFiles"]

LINE_BYTES, LINE_LENGTH = 57, 78
"""Bytes of a line of base64 in a message, and its characters with CRLF."""
RULES = {
    400: "cannot be read: S3 refuses the request, as for an object with a key of its own (SSE-C)",
    404: "does not exist, or not any more",
    412: "is not the version that s3_etag names",
    403: "cannot be read: the bucket must permit it to the service",
}
"""Rules by the HTTP status of HeadObject, which has no body.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""
NOT_ALLOWED = "is in a bucket, or has a prefix, that the service may not read"
SAME_PLACE = "s3://content-of-the-service/file"
"""The URI that stands for each place in the bucket of the service."""


class S3AttachmentFiles(AttachmentFiles):
    """Files in the buckets of a setting, and in the bucket of the service.

    Args:
        build_client: returns an S3 client. It is called at the first need.
        bucket: the bucket of the service.
        allowed: other buckets, each with an optional prefix: `reports`, `archive/2026/`.
    """

    def __init__(
        self, build_client: Callable[[], Any], bucket: str, allowed: Sequence[str] = ()
    ) -> None:
        self._build_client = build_client
        self._bucket = bucket
        self._prefixes = [place if "/" in place else f"{place}/" for place in allowed]

    @override
    def pin(self, message: EmailMessage) -> tuple[EmailMessage, EmailMessage]:
        errors: list[FieldError] = []
        files: list[Attachment] = []
        size = len(message.body) + len(message.html_body or "")
        for index, file in enumerate(message.attachments):
            try:
                pinned, length = self._pin(file)
            except ValueError as error:
                field = "upload_id" if file.upload_id else "s3_uri"
                errors.append(FieldError(f"attachments[{index}].{field}", str(error)))
                continue
            files.append(pinned)
            size += -(-length // LINE_BYTES) * LINE_LENGTH
        if not errors and size > MESSAGE_SIZE_LIMIT:
            rule = f"message has {size} bytes when encoded, SES takes {MESSAGE_SIZE_LIMIT}"
            errors.append(FieldError("attachments", rule))
        if errors:
            raise InvalidMessageError(errors)
        same = [replace(f, s3_uri=SAME_PLACE) if self._is_own(f) else f for f in files]
        return message.replace(attachments=files), message.replace(attachments=same)

    @override
    def as_written(self, message: EmailMessage) -> tuple[EmailMessage, EmailMessage]:
        files = [
            replace(file, s3_uri=self._place(file).uri, upload_id=None) if file.is_stored else file
            for file in message.attachments
        ]
        same = [
            replace(file, s3_uri=SAME_PLACE) if file.s3_etag and self._is_own(file) else file
            for file in message.attachments
        ]
        return message.replace(attachments=files), message.replace(attachments=same)

    def _place(self, file: Attachment) -> S3Object:
        if not file.upload_id:
            return S3Object.from_uri(file.s3_uri or "")
        from send_email.contents.uploads import upload_key  # not at a cold start

        return S3Object(self._bucket, upload_key(file.upload_id))

    def _is_own(self, file: Attachment) -> bool:
        return bool(file.s3_uri) and S3Object.from_uri(file.s3_uri or "").bucket == self._bucket

    def _pin(self, file: Attachment) -> tuple[Attachment, int]:
        """Return the file with its version, and its size. Raise ValueError with a broken rule."""
        if not file.is_stored:
            return file, len(file.content)
        place = self._place(file)
        if file.s3_etag and place.bucket == self._bucket and place.key.startswith(QUEUED):
            # The backend sqs put it there and checked its size. It is deleted with its email, so
            # that a second delivery of the same record does not find it.
            return file, 0
        if not file.upload_id and not self._is_allowed(place):
            raise ValueError(NOT_ALLOWED)
        etag, size = self.look_up(place, file.s3_etag)
        return replace(file, s3_uri=place.uri, s3_etag=etag, upload_id=None), size

    def _is_allowed(self, place: S3Object) -> bool:
        name = f"{place.bucket}/{place.key}"
        own = f"{self._bucket}/{QUEUED}"  # put there by the backend sqs
        return name.startswith((*self._prefixes, own))

    def look_up(self, place: S3Object, etag: str | None) -> tuple[str, int]:
        """Return the version of an object, and its size in bytes.

        Raises:
            ValueError: it is not there, is another version than `etag`, or cannot be read.
            ContentStoreError: the same call can be repeated.
        """
        version = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            response = self._build_client().head_object(
                Bucket=place.bucket, Key=place.key, **version
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status in RULES:
                raise ValueError(RULES[status]) from error
            raise ContentStoreError(f"HeadObject: {status}") from error
        except BotoCoreError as error:
            raise ContentStoreError(f"HeadObject: {type(error).__name__}") from error
        return response["ETag"].strip('"'), response["ContentLength"]
