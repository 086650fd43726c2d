"""Attachment: a file that goes with a message."""

from __future__ import annotations

import base64
import binascii
from codecs import getincrementaldecoder
from dataclasses import fields, replace
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
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message import limits
from amsdal_mail.message.field_errors import field_errors
from amsdal_mail.message.inputs import TextLike, is_lazy_text
from amsdal_mail.message.s3_objects import S3Object, check_etag, check_s3_uri, check_upload_id

__all__ = ["LARGE_FILE", "Attachment"]

LARGE_FILE = 256 * 1024
"""Bytes from which a file is sent without a copy of it."""
BLOCK_SIZE = 64 * 1024
"""Bytes of a file that are decoded at a time."""

UNKNOWN_TYPE = "application/octet-stream"


def _bytes(value: object, context: ValidationInfo) -> object:
    if isinstance(value, memoryview):
        return value.tobytes()
    if context.mode == "python" and (isinstance(value, str) or is_lazy_text(value)):
        return str(value).encode()
    if not isinstance(value, str):
        return value
    try:
        return binascii.a2b_base64(value, strict_mode=True)  # a2b copies no text
    except binascii.Error as error:
        raise ValueError(f"must be base64: {error}") from error


def _is_utf8(content: bytes) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), BLOCK_SIZE):
            decoder.decode(content[start : start + BLOCK_SIZE])
        decoder.decode(b"", final=True)
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


def _without_required_content(schema: dict[str, Any]) -> None:
    schema["required"] = [name for name in schema["required"] if name != "content"]


# A message checks its attachments again: Python can change even a frozen dataclass.
@dataclass(
    frozen=True,
    config=ConfigDict(
        extra="forbid",
        defer_build=True,
        revalidate_instances="always",
        json_schema_extra=_without_required_content,
    ),
)
class Attachment:
    """A file that goes with the message.

    `content` is bytes; text becomes UTF-8, and JSON has base64. A text file names its `charset`:
    the one given, else `utf-8` where the content is valid UTF-8. An attachment with a `content_id`
    is an inline file: `<img src="cid:logo">` shows the attachment with the content_id `logo`.
    Instead of content, an object in S3 (`s3_uri`) or a file that was uploaded to the service
    (`upload_id`) may be named. It is read when the email is sent. `s3_etag` is the version of the
    object that is meant.
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
    s3_uri: Annotated[str, TextLike(), AfterValidator(check_s3_uri)] | None = Field(
        default=None, kw_only=True
    )
    s3_etag: Annotated[str, TextLike(), AfterValidator(check_etag)] | None = Field(
        default=None, kw_only=True
    )
    upload_id: Annotated[str, TextLike(), AfterValidator(check_upload_id)] | None = Field(
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
            s3_uri: str | None = None,
            s3_etag: str | None = None,
            upload_id: str | None = None,
        ) -> None: ...

    @property
    def is_stored(self) -> bool:
        """Whether the content is elsewhere: in S3, or among the uploads of the service."""
        return self.s3_uri is not None or self.upload_id is not None

    def moved_to(self, uri: str, etag: str) -> Self:
        """Return the same file, with its content at this place."""
        # The type of a text names the character set of the content, which is not there any more.
        charset = self.content_type.partition("; charset=")[2] or None if self.content else None
        charset = charset or self.charset
        return replace(self, content=b"", charset=charset, s3_uri=uri, s3_etag=etag)

    @property
    def is_large(self) -> bool:
        """Whether it is sent without a copy."""
        return len(self.content) >= LARGE_FILE

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

    @classmethod
    def from_s3(
        cls,
        uri: str,
        *,
        filename: str | None = None,
        mimetype: str | None = None,
        content_id: str | None = None,
        etag: str | None = None,
    ) -> Self:
        """Attach the object `s3://bucket/key`, which is read when the email is sent.

        The backend `ses` reads it with its own credentials. The service reads from the buckets of
        its setting `attachment_buckets`. The key gives the file name and the MIME type. With an
        `etag`, an object that changed is refused.

        Raises:
            InvalidMessageError: the URI or another value breaks a rule.
        """
        try:
            name = filename or S3Object.from_uri(uri).filename
        except ValueError as error:
            raise InvalidMessageError.for_field("s3_uri", str(error)) from error
        kind = mimetype or _mimetype_of(name)
        return cls(name, b"", kind, content_id, s3_uri=uri, s3_etag=etag)

    @classmethod
    def from_upload(
        cls, upload_id: str, filename: str, mimetype: str | None = None, *,
        content_id: str | None = None,
    ) -> Self:  # fmt: skip
        """Attach a file that was uploaded to the service, with the id of `POST /uploads`.

        Raises:
            InvalidMessageError: the id or another value breaks a rule.
        """
        kind = mimetype or _mimetype_of(filename)
        return cls(filename, b"", kind, content_id, upload_id=upload_id)

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = handler(self)
        if self.is_stored:
            document.pop("content", None)
        return document

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_errors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict) and (value.get("s3_uri") or value.get("upload_id")):
            value = {**value, "content": value.get("content") or b""}
        try:
            attachment = handler(value)
            if attachment.charset and isinstance(value, ArgsKwargs):
                _encode_text(attachment, value)
        except ValidationError as error:
            if isinstance(value, ArgsKwargs):  # made by a caller, not as a part of a message
                raise InvalidMessageError(field_errors(error, ATTACHMENT_FIELDS)) from error
            raise
        if rule := _broken_rule(attachment):
            if isinstance(value, ArgsKwargs):
                raise InvalidMessageError.for_field("content", rule)
            raise ValueError(rule)
        return attachment


def _broken_rule(attachment: Attachment) -> str | None:
    """Return the rule that an attachment with two places for its content breaks."""
    places = (attachment.content, attachment.s3_uri, attachment.upload_id)
    if sum(map(bool, places)) > 1:
        return "must have one of content, s3_uri and upload_id"
    if attachment.s3_etag and not attachment.s3_uri:
        return "must have an s3_uri beside the s3_etag"
    return None


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
