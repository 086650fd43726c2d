"""MessageFields: the data of a message, and the types of its fields."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from amsdal_mail.addresses import Address, parse_address
from amsdal_mail.message import limits
from amsdal_mail.message.attachment import Attachment

__all__ = ["FrozenDict", "FrozenList", "MessageFields", "freeze"]

K = TypeVar("K")
V = TypeVar("V")


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("the message is frozen: make a changed copy with message.replace(...)")


class FrozenDict(dict[K, V]):
    """A dict that refuses every change. Equal to a plain dict; JSON, pickle and copy work."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)


class FrozenList(list[V]):
    """A list that refuses every change. Equal to a plain list; JSON, pickle and copy work."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[type[FrozenList[V]], tuple[list[V]]]:
        return type(self), (list(self),)


def freeze(value: Any) -> Any:
    """Return a JSON value whose dicts and lists are frozen, at every depth."""
    if isinstance(value, dict) and type(value) is not FrozenDict:
        return FrozenDict({name: freeze(inner) for name, inner in value.items()})
    if isinstance(value, list) and type(value) is not FrozenList:
        return FrozenList(map(freeze, value))
    return value


def _reject_text(value: object) -> object:
    if isinstance(value, str | bytes):
        raise ValueError("must be a list, not one string")  # noqa: TRY004 - pydantic wants it
    return value


Text = Annotated[str, AfterValidator(limits.check_text)]
Line = Annotated[str, AfterValidator(limits.check_one_line)]
Mailbox = Annotated[str, AfterValidator(limits.check_address)]
Mailboxes = Annotated[tuple[Mailbox, ...], BeforeValidator(_reject_text)]
HeaderName = Annotated[str, AfterValidator(limits.check_header_name)]
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
