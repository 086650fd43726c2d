"""Attachment: a file that goes with a message."""

from __future__ import annotations

import base64
import binascii
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message import limits
from amsdal_mail.message.field_errors import field_errors
from amsdal_mail.message.inputs import TextLike, is_lazy_text

__all__ = ["Attachment"]

UNKNOWN_TYPE = "application/octet-stream"


def _bytes(value: object, context: ValidationInfo) -> object:
    if isinstance(value, memoryview):
        return value.tobytes()
    if context.mode == "python" and (isinstance(value, str) or is_lazy_text(value)):
        return str(value).encode()
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"must be base64: {error}") from error


def _mimetype_of(filename: str) -> str:
    from mimetypes import guess_type  # only callers with files need it

    mimetype, encoding = guess_type(filename)
    if mimetype is None or encoding:  # a compressed file is not of the type within
        return UNKNOWN_TYPE
    try:
        return limits.check_mimetype(mimetype)
    except ValueError:  # message/rfc822
        return UNKNOWN_TYPE


Content = Annotated[
    bytes,
    BeforeValidator(_bytes),
    PlainSerializer(lambda raw: base64.b64encode(raw).decode(), when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


# A message checks its attachments again: Python can change even a frozen dataclass.
@dataclass(
    frozen=True,
    config=ConfigDict(extra="forbid", defer_build=True, revalidate_instances="always"),
)
class Attachment:
    """A file that goes with the message.

    `content` is bytes; text becomes UTF-8, and JSON has base64. An attachment with a `content_id`
    is an inline file: `<img src="cid:logo">` shows the attachment with the content_id `logo`.
    SES refuses some file types by their extension, and messages over 40 MB after base64
    (https://docs.aws.amazon.com/ses/latest/dg/attachments.html).
    """  # also the description in the OpenAPI document: hence no Raises section

    filename: Annotated[str, TextLike(), AfterValidator(limits.check_filename)]
    content: Annotated[Content, Field(repr=False)]
    mimetype: Annotated[str, TextLike(), AfterValidator(limits.check_mimetype)]
    content_id: Annotated[str, TextLike(), AfterValidator(limits.check_content_id)] | None = None

    @classmethod
    def from_path(cls, path: str | PathLike[str], content_id: str | None = None) -> Self:
        """Read a file. Its extension gives the MIME type, else it is application/octet-stream.

        Raises:
            OSError: the file cannot be read.
            InvalidMessageError: SES refuses the file name, or the content_id is invalid.
        """
        file = Path(path)
        return cls(file.name, file.read_bytes(), _mimetype_of(file.name), content_id)

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_errors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            if isinstance(value, ArgsKwargs):  # made by a caller, not as a part of a message
                raise InvalidMessageError(field_errors(error, ATTACHMENT_FIELDS)) from error
            raise


ATTACHMENT_FIELDS = tuple(field.name for field in fields(Attachment))
