"""EmailMessage: one email as its author wrote it, and the JSON of the API and the queue."""

from __future__ import annotations

import base64
import binascii
from dataclasses import fields
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from amsdal_mail.addresses import Address, parse_address
from amsdal_mail.exceptions import InvalidMessageError, MalformedJSONError
from amsdal_mail.message import limits
from amsdal_mail.message.field_errors import field_errors
from amsdal_mail.message.frozen import FrozenDict
from amsdal_mail.message.rules import broken_rules

__all__ = ["Attachment", "EmailMessage"]


def _bytes(value: object, context: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    if context.mode == "python":
        return value.encode()
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"must be base64: {error}") from error


def _not_bare_text(value: object) -> object:
    if isinstance(value, str | bytes):
        raise ValueError("must be a list, not one string")  # noqa: TRY004 - pydantic wants it
    return value


Content = Annotated[
    bytes,
    BeforeValidator(_bytes),
    PlainSerializer(lambda raw: base64.b64encode(raw).decode(), when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Text = Annotated[str, AfterValidator(limits.text)]
Line = Annotated[str, AfterValidator(limits.one_line)]
Mailbox = Annotated[str, AfterValidator(limits.address)]
Mailboxes = Annotated[tuple[Mailbox, ...], BeforeValidator(_not_bare_text)]
HeaderName = Annotated[str, AfterValidator(limits.header_name)]
Tag = Annotated[str, AfterValidator(limits.tag)]
TagValue = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(limits.tag)]
MergeValues = dict[str, JsonValue]
NOTHING: Any = Field(default={}, validate_default=True)


@dataclass(frozen=True, config=ConfigDict(extra="forbid", defer_build=True))
class Attachment:
    """A file that goes with the message. `content` is bytes; text is taken as UTF-8.

    With a `content_id` it is inline: `<img src="cid:logo">` shows the one with content_id `logo`.
    SES refuses some file types by their extension; all attachments together are limited to
    40 MB after base64. In JSON the content is base64.
    """

    filename: Annotated[str, AfterValidator(limits.filename)]
    content: Annotated[Content, Field(repr=False)]
    mimetype: Annotated[str, AfterValidator(limits.mimetype)]
    content_id: Annotated[str, AfterValidator(limits.content_id)] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_broken_rule(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            if isinstance(value, ArgsKwargs):  # made by its author, not as part of a message
                raise InvalidMessageError(field_errors(error, ATTACHMENT_FIELDS)) from error
            raise


ATTACHMENT_FIELDS = tuple(field.name for field in fields(Attachment))


class EmailMessage(BaseModel):
    """One email: frozen, and checked when it is made.

    Plain messages go to at most 50 recipients (to, cc and bcc together). With `merge_data` each
    address in `to` gets a message of its own, cc and bcc going with each; then `to` may be longer.
    With a `template_id` subject and body come from the SES template. Without one, merge values
    fill `{{name}}` in subject and bodies; each has to have a value. SES does not escape them:
    values that come from people need `escape_merge_data=True`, which HTML-escapes them in
    `html_body` and everywhere in a stored template, or escaping by the caller.
    `track_opens` and `track_clicks` are accepted and not used: the configuration set decides.

    Raises:
        InvalidMessageError: naming every field that breaks a rule.
    """

    # Built at first use: the functions use only the request made from it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    subject: Annotated[str, AfterValidator(limits.subject)] = ""
    body: Text = ""
    html_body: Annotated[Text | None, AfterValidator(lambda html: html or None)] = None
    from_email: Mailbox
    to: Mailboxes = ()
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    reply_to: Mailboxes = ()
    headers: Annotated[dict[HeaderName, Line], AfterValidator(FrozenDict)] = NOTHING
    attachments: tuple[Attachment, ...] = ()
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_not_bare_text)] = ()
    metadata: Annotated[dict[Tag, TagValue], AfterValidator(FrozenDict)] = NOTHING
    template_id: Annotated[str, AfterValidator(limits.template_id)] | None = None
    merge_data: dict[str, MergeValues] | None = None
    merge_global_data: MergeValues | None = None
    escape_merge_data: bool = False
    track_opens: bool | None = None
    track_clicks: bool | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_broken_rule(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            message = handler(value)
        except ValidationError as error:
            raise InvalidMessageError(field_errors(error)) from error
        errors = broken_rules(message)
        if errors:
            raise InvalidMessageError(errors)
        return message

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everyone it goes to, each bare address once: to, then cc, then bcc."""
        every = (parse_address(one) for one in (*self.to, *self.cc, *self.bcc))
        return tuple({one.addr_spec: one for one in every}.values())

    @property
    def is_personalized(self) -> bool:
        """True when each address in `to` gets a message of its own."""
        return self.merge_data is not None

    @property
    def is_templated(self) -> bool:
        """True when SES renders the content: from a stored template, or from merge values."""
        return (
            self.is_personalized
            or self.template_id is not None
            or self.merge_global_data is not None
        )

    def to_json(self) -> str:
        """Write the message as the API and the queue take it, without the fields left alone."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def from_json(cls, document: str | bytes) -> Self:
        """Read a message from JSON.

        Raises:
            MalformedJSONError: the document is no JSON, or too deeply nested to read.
            InvalidMessageError: naming every field that breaks a rule.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise MalformedJSONError(field_errors(error)) from error
