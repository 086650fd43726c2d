"""Uploads: files that callers put into the bucket themselves, by a URL that is signed for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from pydantic import Field

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.limits import MESSAGE_SIZE_LIMIT, check_mimetype

__all__ = ["Upload", "UploadRequest", "Uploads", "upload_key"]

PREFIX = "uploads/"
URL_LIFETIME = timedelta(minutes=15)
REST = 64 * 1024
"""Bytes of a message for its headers and a short text."""
SIZE_LIMIT = (MESSAGE_SIZE_LIMIT - REST) * 57 // 78
"""Bytes of a file that fills a message: 57 bytes are a line of 78 characters in base64."""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """A file to upload."""

    size: Annotated[int, Field(ge=1, le=SIZE_LIMIT, description="Bytes of the file.")]
    mimetype: str

    @classmethod
    def from_document(cls, document: object) -> UploadRequest:
        """Read the JSON of a request.

        Raises:
            InvalidMessageError: names the field that breaks a rule.
        """
        if not isinstance(document, dict) or document.keys() != {"size", "mimetype"}:
            rule = "must be an object with size and mimetype"
            raise InvalidMessageError.for_field("(body)", rule)
        size, mimetype = document["size"], document["mimetype"]
        if type(size) is not int or not 1 <= size <= SIZE_LIMIT:
            rule = f"must be the number of bytes, 1 to {SIZE_LIMIT}"
            raise InvalidMessageError.for_field("size", rule)
        try:
            if not isinstance(mimetype, str):
                raise ValueError("must be text")  # noqa: TRY004, TRY301 - the rule is the answer
            return cls(size, check_mimetype(mimetype))
        except ValueError as error:
            raise InvalidMessageError.for_field("mimetype", str(error)) from error


@dataclass(frozen=True, slots=True)
class Upload:
    """A request that the caller may make once, with these headers and a body of this size."""

    upload_id: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Uploads:
    """Signs uploads to the bucket of the service. No call is made for it.

    Args:
        build_client: returns an S3 client. It is called at the first need.
        bucket: the bucket of the service.
        clock: returns the time.
    """

    def __init__(
        self, build_client: Callable[[], Any], bucket: str, clock: Callable[[], datetime]
    ) -> None:
        self._build_client = build_client
        self._bucket = bucket
        self._clock = clock

    def sign(self, request: UploadRequest) -> Upload:
        """Return a new upload.

        S3 refuses another length or type, because the signature covers them, and a second file
        under the same key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        upload_id = uuid4().hex
        url: str = self._build_client().generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": upload_key(upload_id),
                "ContentLength": request.size,
                "ContentType": request.mimetype,
                "IfNoneMatch": "*",
            },
            ExpiresIn=int(URL_LIFETIME.total_seconds()),
        )
        headers = {
            "Content-Length": str(request.size),
            "Content-Type": request.mimetype,
            "If-None-Match": "*",
        }
        return Upload(upload_id, url, headers, self._clock() + URL_LIFETIME)


def upload_key(upload_id: str) -> str:
    """Return the key of an upload."""
    return f"{PREFIX}{upload_id}"
