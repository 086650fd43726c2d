"""Keeps contents in the bucket of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.message.stored_request import StoredContent
from send_email.sending.content_store import ContentMissingError, ContentStore, ContentStoreError

__all__ = ["S3ContentStore"]

LARGEST = 60 * 1024 * 1024
"""Bytes of an object that is read. The JSON of an email of 40 MB has less; a function of 512 MB has
no memory for much more."""
MISSING = {"NoSuchKey", "PreconditionFailed"}


class S3ContentStore(ContentStore):
    """Contents as objects, each the version that its ETag names.

    Args:
        build_client: returns an S3 client. It is called at the first need: most emails are small.
        bucket: the name of the bucket.
    """

    def __init__(self, build_client: Callable[[], Any], bucket: str) -> None:
        self._build_client = build_client
        self._bucket = bucket

    @property
    @override
    def bucket(self) -> str:
        return self._bucket

    @override
    def put(self, key: str, content: bytes) -> StoredContent:
        with _errors("PutObject"):
            response = self._build_client().put_object(Bucket=self._bucket, Key=key, Body=content)
        return StoredContent(key, len(content), response["ETag"].strip('"'))

    @override
    def copy(self, source: StoredContent, key: str) -> StoredContent:
        with _errors("CopyObject"):
            response = self._build_client().copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": source.key},
                CopySourceIfMatch=f'"{source.etag}"',
            )
        return StoredContent(key, source.size, response["CopyObjectResult"]["ETag"].strip('"'))

    @override
    def get(self, content: StoredContent) -> bytes:
        version = {"IfMatch": f'"{content.etag}"'} if content.etag else {}
        with _errors("GetObject"):
            response = self._build_client().get_object(
                Bucket=self._bucket, Key=content.key, **version
            )
            size = response["ContentLength"]
            if size > LARGEST:
                response["Body"].close()
                raise ContentMissingError(f"GetObject: {size} bytes, at most {LARGEST} are read")
            read: bytes = response["Body"].read()
        return read

    @override
    def delete(self, keys: Iterable[str]) -> None:
        with _errors("DeleteObject"):
            for key in keys:
                self._build_client().delete_object(Bucket=self._bucket, Key=key)


@contextmanager
def _errors(operation: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        kind = ContentMissingError if code in MISSING else ContentStoreError
        raise kind(f"{operation}: {code}") from error
    except (BotoCoreError, OSError) as error:
        raise ContentStoreError(f"{operation}: {type(error).__name__}") from error
