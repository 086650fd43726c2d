"""Reads the objects in S3 that a message attaches, just before the message is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.backends.aws.flow import CallResult
from amsdal_mail.backends.aws.s3 import S3Connection
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import MESSAGE_SIZE_LIMIT
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.status import ConfigurationError, RetryHint, SendState

__all__ = ["STORED_FILE_ERRORS", "read_stored_files"]

STORED_FILE_ERRORS = {
    "AttachmentMissing": "the object does not exist",
    "AttachmentChanged": "the object is not the version that was meant",
    "AttachmentDenied": "the object may not be read",
    "AttachmentsTooLarge": f"with its files, the message has over {MESSAGE_SIZE_LIMIT} bytes",
}
"""Why a file cannot be attached, by the error code of its recipients. A retry does not help."""

CODES = {
    "404": "AttachmentMissing",
    "NoSuchBucket": "AttachmentMissing",
    "NoSuchKey": "AttachmentMissing",
    "412": "AttachmentChanged",
    "PreconditionFailed": "AttachmentChanged",
    "403": "AttachmentDenied",
    "AccessDenied": "AttachmentDenied",
    "InvalidObjectState": "AttachmentDenied",
}
"""Our code for each of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.

InvalidObjectState is that of an archived object.
"""
OUTAGE = 500
RETRY_SOON = CallResult(SendState.FAILED, RetryHint.SOON, is_unsent=True)
FILE_ERRORS = (ClientError, BotoCoreError, ConfigurationError, OSError)


def read_stored_files(message: EmailMessage, s3: S3Connection) -> EmailMessage | CallResult:
    """Return the message with the content of its files, or the result of its recipients.

    Raises:
        InvalidMessageError: an attachment is an upload, which only the service knows.
    """
    files: list[Attachment] = []
    room = MESSAGE_SIZE_LIMIT - _encoded_size(len(file.content) for file in message.attachments)
    for index, file in enumerate(message.attachments):
        if file.upload_id is not None:
            rule = "is known to the service only: use its API, or the backend sqs"
            raise InvalidMessageError.for_field(f"attachments[{index}].upload_id", rule)
        if file.s3_uri is None:
            files.append(file)
            continue
        try:
            content = _read(s3.client(), file, room)
        except FILE_ERRORS as error:
            return _result(error, index)
        if content is None:
            return _refused("AttachmentsTooLarge", index)
        room -= _encoded_size([len(content)])
        files.append(replace(file, content=content, s3_uri=None, s3_etag=None))
    try:
        return message.replace(attachments=files)
    except InvalidMessageError:  # the texts and headers take the last of the room
        return _refused("AttachmentsTooLarge", len(files) - 1)


def _read(client: Any, file: Attachment, room: int) -> bytes | None:
    """Return the content. Return None, and read nothing, when the content is too large."""
    place = S3Object.from_uri(file.s3_uri or "")
    version = {"IfMatch": f'"{file.s3_etag}"'} if file.s3_etag else {}
    response = client.get_object(Bucket=place.bucket, Key=place.key, **version)
    body = response["Body"]
    if _encoded_size([response["ContentLength"]]) > room:
        body.close()
        return None
    content: bytes = body.read()
    return content


def _result(error: Exception, index: int) -> CallResult:
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code"))
        if code in CODES:
            return _refused(CODES[code], index)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= OUTAGE:
            return replace(RETRY_SOON, error_code=code, error_message=str(error))
    return classify_unsent_error(error)


def _refused(code: str, index: int) -> CallResult:
    text = f"attachments[{index}]: {STORED_FILE_ERRORS[code]}"
    return CallResult(SendState.REJECTED, error_code=code, error_message=text, is_unsent=True)


def _encoded_size(sizes: Iterable[int]) -> int:
    return sum(-(-size // 57) * 78 for size in sizes)
