"""Attachment: a file that goes with a message."""

from __future__ import annotations

import base64
import binascii
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

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


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


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

    `content` is bytes; text becomes UTF-8, and JSON has base64. A text file names its `charset`:
    the one given, else `utf-8` where the content is valid UTF-8. An attachment with a `content_id`
    is an inline file: `<img src="cid:logo">` shows the attachment with the content_id `logo`.
    SES refuses some file types by their extension, and messages over 40 MB after base64
    (https://docs.aws.amazon.com/ses/latest/dg/attachments.html).
    """  # also the description in the OpenAPI document: hence no Raises section

    # First: the content is encoded in it.
    filename: Annotated[str, TextLike(), AfterValidator(limits.check_filename)]
    content: Annotated[Content, Field(repr=False)]
    mimetype: Annotated[str, TextLike(), AfterValidator(limits.check_mimetype)]
    content_id: Annotated[str, TextLike(), AfterValidator(limits.check_content_id)] | None = None
    charset: Annotated[str, TextLike(), AfterValidator(limits.check_charset)] | None = Field(
        default=None, kw_only=True
    )

    if TYPE_CHECKING:  # what it accepts is more than what it has

        def __init__(
            self,
            filename: str,
            content: bytes | bytearray | memoryview | str,
            mimetype: str,
            content_id: str | None = None,
            *,
            charset: str | None = None,
        ) -> None: ...

    @property
    def content_type(self) -> str:
        """The MIME type, for a text file with its character set."""
        charset = self.charset
        if charset is None and self.mimetype.lower().startswith("text/"):
            charset = "utf-8" if _is_utf8(self.content) else None
        return f"{self.mimetype}; charset={charset}" if charset else self.mimetype

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
            attachment = handler(value)
            if attachment.charset and isinstance(value, ArgsKwargs):
                _encode_text(attachment, value)
        except ValidationError as error:
            if isinstance(value, ArgsKwargs):  # made by a caller, not as a part of a message
                raise InvalidMessageError(field_errors(error, ATTACHMENT_FIELDS)) from error
            raise
        return attachment


def _encode_text(attachment: Attachment, given: ArgsKwargs) -> None:
    """Encode a text in the character set that was given with it."""
    content = dict(enumerate(given.args)).get(1, (given.kwargs or {}).get("content"))
    charset = attachment.charset or "utf-8"
    if isinstance(content, str) or is_lazy_text(content):
        try:
            object.__setattr__(attachment, "content", str(content).encode(charset))
        except UnicodeEncodeError as error:
            rule = f"has characters that {charset} does not have"
            raise InvalidMessageError.for_field("content", rule) from error


ATTACHMENT_FIELDS = tuple(field.name for field in fields(Attachment) if not field.kw_only)
