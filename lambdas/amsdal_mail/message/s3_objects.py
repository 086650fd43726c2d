"""The objects in S3 that attachments name, instead of having their content."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

__all__ = ["UPLOAD_ID", "S3Object", "check_etag", "check_s3_uri", "check_upload_id"]

S3_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
KEY_LIMIT = 1024
"""Bytes of UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html."""
ETAG = re.compile(r'"?([!#-~]{1,128})"?')
UPLOAD_ID = "[0-9a-f]{32}"


class S3Object(NamedTuple):
    """A bucket, and the key of an object in it."""

    bucket: str
    key: str

    @classmethod
    def from_uri(cls, uri: str) -> Self:
        """Read `s3://bucket/key`. The key is not percent-encoded.

        Raises:
            ValueError: the text is not such a URI.
        """
        match = S3_URI.fullmatch(uri)
        if match is None or not uri.isprintable() or len(match[2].encode()) > KEY_LIMIT:
            raise ValueError("must be the URI of an object, such as s3://bucket/folder/file.pdf")
        return cls(match[1], match[2])

    @property
    def uri(self) -> str:
        """The object as `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def filename(self) -> str:
        """The part of the key after its last slash."""
        return self.key.rpartition("/")[2]


def check_s3_uri(text: str) -> str:
    """Accept the URI of an object."""
    S3Object.from_uri(text)
    return text


def check_etag(text: str) -> str:
    """Accept an entity tag, and take its quotes away."""
    match = ETAG.fullmatch(text)
    if match is None:
        raise ValueError("must be an entity tag (ETag) of S3")
    return match[1]


def check_upload_id(text: str) -> str:
    """Accept the id of an upload."""
    if not re.fullmatch(UPLOAD_ID, text):
        raise ValueError("must be the upload_id of a response to POST /uploads")
    return text
