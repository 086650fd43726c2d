"""An S3 client with objects in memory: ETags, conditions and missing permissions."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["CONTENT_BUCKET", "FakeS3", "etag"]

CONTENT_BUCKET = "contents"


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass
class FakeS3:
    """Keeps objects by bucket and key. The bucket `secret` may not be read."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    history: dict[str, bytes] = field(default_factory=dict)
    """The content that each key had last, also when it is deleted."""
    calls: list[str] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)
    signed: list[dict[str, Any]] = field(default_factory=list)
    """The parameters of each URL."""

    def put(self, bucket: str, key: str, content: bytes) -> str:
        self.objects[bucket, key] = self.history[key] = content
        return etag(content)

    def keys(self, prefix: str = "") -> list[str]:
        return [key for bucket, key in self.objects if key.startswith(prefix)]

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803
        self._call("put_object")
        return {"ETag": f'"{self.put(Bucket, Key, Body)}"'}

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str = "") -> dict[str, Any]:  # noqa: N803
        content = self._read("GetObject", Bucket, Key, IfMatch, ("NoSuchKey", "AccessDenied"))
        body = io.BytesIO(content)
        return {"Body": body, "ContentLength": len(content), "ETag": f'"{etag(content)}"'}

    def head_object(self, *, Bucket: str, Key: str, IfMatch: str = "") -> dict[str, Any]:  # noqa: N803
        content = self._read("HeadObject", Bucket, Key, IfMatch, ("404", "403"))
        return {"ContentLength": len(content), "ETag": f'"{etag(content)}"'}

    def copy_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        CopySource: dict[str, str],  # noqa: N803
        CopySourceIfMatch: str,  # noqa: N803
    ) -> dict[str, Any]:
        codes = ("NoSuchKey", "AccessDenied")
        bucket, key = CopySource["Bucket"], CopySource["Key"]
        content = self._read("CopyObject", bucket, key, CopySourceIfMatch, codes)
        return {"CopyObjectResult": {"ETag": f'"{self.put(Bucket, Key, content)}"'}}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self._call("delete_object")
        self.objects.pop((Bucket, Key), None)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:  # noqa: N803
        self._call("list_objects_v2")
        keys = [key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix)]
        return {"Contents": [{"Key": key} for key in keys[:MaxKeys]]} if keys else {}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self._call("delete_objects")
        for entry in Delete["Objects"]:
            self.objects.pop((Bucket, entry["Key"]), None)
        return {}

    def generate_presigned_url(self, operation: str, **options: Any) -> str:
        self._call("generate_presigned_url")
        params = options["Params"]
        self.signed.append(params)
        return f"https://{params['Bucket']}.example/{params['Key']}?{operation}"

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.raises:
            raise self.raises.pop()

    def _read(
        self, operation: str, bucket: str, key: str, if_match: str, codes: tuple[str, str]
    ) -> bytes:
        self._call(operation)
        if bucket == "secret":
            raise s3_error(operation, codes[1])
        if (bucket, key) not in self.objects:
            raise s3_error(operation, codes[0])
        content = self.objects[bucket, key]
        if if_match and if_match.strip('"') != etag(content):
            raise s3_error(operation, "412" if operation == "HeadObject" else "PreconditionFailed")
        return content


def s3_error(operation: str, code: str) -> ClientError:
    """Return the error with a code of S3; HeadObject has its HTTP status instead."""
    status = int(code) if code.isdigit() else 400
    response: Any = {
        "Error": {"Code": code, "Message": "m"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


def lazily(client: FakeS3) -> Callable[[], Any]:
    return lambda: client
