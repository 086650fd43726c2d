"""MessageFields: the data of a message, and the types that its fields accept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from amsdal_mail.addresses import Address, parse_address
from amsdal_mail.message import limits
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.frozen import FrozenDict, freeze
from amsdal_mail.message.headers import check_header_name

__all__ = ["MessageFields"]


def _reject_text(value: object) -> object:
    if isinstance(value, str | bytes):
        raise ValueError("must be a list, not one string")  # noqa: TRY004 - pydantic wants it
    return value


Text = Annotated[str, AfterValidator(limits.check_text)]
Line = Annotated[str, AfterValidator(limits.check_one_line)]
Mailbox = Annotated[str, AfterValidator(limits.check_address)]
Mailboxes = Annotated[tuple[Mailbox, ...], BeforeValidator(_reject_text)]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
Tag = Annotated[str, AfterValidator(limits.check_tag)]
TagValue = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(limits.check_tag)]
MergeValues = Annotated[dict[str, JsonValue], AfterValidator(freeze)]
EMPTY_MAPPING: Any = Field(default={}, validate_default=True)


class MessageFields(BaseModel):
    """The fields of an email, each valid alone. EmailMessage adds the rules between them."""

    # Built at first use: the functions use only the request made from it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    subject: Annotated[str, AfterValidator(limits.check_subject)] = ""
    body: Text = ""
    html_body: Annotated[Text | None, AfterValidator(lambda html: html or None)] = None
    from_email: Mailbox
    to: Mailboxes = ()
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    reply_to: Mailboxes = ()
    headers: Annotated[dict[HeaderName, Line], AfterValidator(FrozenDict)] = EMPTY_MAPPING
    attachments: tuple[Attachment, ...] = ()
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_reject_text)] = ()
    metadata: Annotated[dict[Tag, TagValue], AfterValidator(FrozenDict)] = EMPTY_MAPPING
    template_id: Annotated[str, AfterValidator(limits.check_template_id)] | None = None
    merge_data: Annotated[dict[str, MergeValues], AfterValidator(FrozenDict)] | None = None
    merge_global_data: MergeValues | None = None
    escape_merge_data: bool = False
    track_opens: bool | None = None
    track_clicks: bool | None = None

    @property
    def recipients(self) -> tuple[Address, ...]:
        """The addresses in to, then cc, then bcc, without duplicates of a bare address."""
        addresses = [parse_address(mailbox) for mailbox in (*self.to, *self.cc, *self.bcc)]
        return tuple({address.addr_spec: address for address in addresses}.values())

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
