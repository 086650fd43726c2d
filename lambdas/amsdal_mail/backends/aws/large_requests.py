"""Puts what a message of the queue cannot take into the bucket of the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.backends.aws.errors import classify_error
from amsdal_mail.backends.aws.flow import CallResult
from amsdal_mail.backends.aws.s3 import S3Connection
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.message.stored_request import StoredContent, StoredRequest, new_key, store_files
from amsdal_mail.status import ConfigurationError, RetryHint, SendState

__all__ = ["store_request"]

WRONG_SET_UP = {"AccessDenied", "NoSuchBucket", "PermanentRedirect", "InvalidBucketName"}
"""Codes of S3 for a bucket that is not the one of the service, or that may not be written to."""


def store_request(
    request: EmailRequest, limit: int, bucket: str, s3: S3Connection
) -> str | CallResult:
    """Return a body of at most `limit` bytes, or the result of the recipients if S3 fails."""
    try:
        client = s3.client()

        def put(content: bytes) -> StoredContent:
            return _put(client, bucket, content)

        def store(file: Attachment) -> Attachment:
            content = put(file.content)
            return file.moved_to(S3Object(bucket, content.key).uri, content.etag)

        body = store_files(request, limit, store).to_json()
        encoded = body.encode()
        if len(encoded) <= limit:
            return body
        return StoredRequest(put(encoded), request.idempotency_key).to_json()
    except (ClientError, BotoCoreError, ConfigurationError) as error:
        return _result(error)


def _put(client: Any, bucket: str, content: bytes) -> StoredContent:
    key = new_key()
    response = client.put_object(Bucket=bucket, Key=key, Body=content)
    return StoredContent(key, len(content), response["ETag"].strip('"'))


def _result(error: Exception) -> CallResult:
    if not isinstance(error, ClientError):
        return classify_unsent_error(error)
    result = replace(classify_error(error), is_unsent=True)
    if result.error_code in WRONG_SET_UP:
        return replace(
            result,
            state=SendState.FAILED,
            retry=RetryHint.LATER,
            raises=ConfigurationError,
            error_message=f"the option content_bucket: {result.error_message}",
        )
    is_open = result.raises is None and result.state is not SendState.FAILED
    # Nothing is on the queue, so that another attempt does no harm.
    return replace(result, state=SendState.FAILED, retry=RetryHint.SOON) if is_open else result
