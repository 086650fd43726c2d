"""MessageFields: the data of a message, and the types of its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from typing_extensions import override

from amsdal_mail.addresses import Address, parse_address
from amsdal_mail.message import limits
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.headers import check_header_name, check_header_value
from amsdal_mail.message.inputs import (
    Converted,
    OrNull,
    TextLike,
    number_or_text,
    with_plain_text,
)
from amsdal_mail.message.ses_options import (
    ConfigurationSet,
    EndpointId,
    IdentityArn,
    ReturnPath,
    Tenant,
)

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


def _merge_values(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return freeze(validate(value))
    except ValidationError as error:
        if {details["type"] for details in error.errors()} != {"invalid-json-value"}:
            raise
        return freeze(validate(with_plain_text(value)))


Text = Annotated[str, TextLike(), AfterValidator(limits.check_text)]
Alternative = tuple[Text, Annotated[str, TextLike(), AfterValidator(limits.check_alternative_type)]]
Mailbox = Annotated[str, TextLike(), AfterValidator(limits.check_address)]
Mailboxes = Annotated[tuple[Mailbox, ...], OrNull]
HeaderName = Annotated[str, TextLike(), AfterValidator(check_header_name)]
HeaderValue = Annotated[
    str | tuple[str, ...], Converted(check_header_value, str | float | list[str | float])
]
Tag = Annotated[str, TextLike(), AfterValidator(limits.check_tag)]
TagValue = Annotated[str, TextLike(number_or_text, str | float), AfterValidator(limits.check_tag)]
Headers = Annotated[dict[HeaderName, HeaderValue], AfterValidator(FrozenDict)]
Metadata = Annotated[dict[Tag, TagValue], AfterValidator(FrozenDict)]
MergeValues = Annotated[dict[str, JsonValue], WrapValidator(_merge_values)]
TRACKING = "Tracking by SES. Null: the configuration set decides."
SENSITIVE = "True: SES does not track the email, and the service stores no subject of it."
CONTENT_FIELDS = frozenset(
    {
        "subject",
        "body",
        "html_body",
        "headers",
        "attachments",
        "alternatives",
        "merge_data",
        "merge_global_data",
        "merge_headers",
    }
)
"""The fields that may hold the secret of a sensitive email."""
EMPTY_MAPPING: Any = Field(default={}, validate_default=True)


class MessageFields(BaseModel):
    """The fields of an email, each valid alone. EmailMessage adds the rules between them."""

    # Built at first use: the functions use only the request made from it.
    # Values stay out of errors, which programs log: they may be the content of an email.
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )

    subject: Annotated[str, TextLike(), AfterValidator(limits.check_subject), OrNull] = ""
    body: Annotated[Text, OrNull] = ""
    html_body: Annotated[Text | None, AfterValidator(lambda html: html or None)] = None
    from_email: Mailbox
    to: Mailboxes = ()
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    reply_to: Mailboxes = ()
    headers: Annotated[Headers, OrNull] = EMPTY_MAPPING
    attachments: Annotated[tuple[Attachment, ...], OrNull] = ()
    alternatives: Annotated[tuple[Alternative, ...], OrNull] = ()
    tags: Annotated[tuple[Tag, ...], OrNull] = ()
    metadata: Annotated[Metadata, OrNull] = EMPTY_MAPPING
    template_id: Annotated[str, TextLike(), AfterValidator(limits.check_template_id)] | None = None
    merge_data: Annotated[dict[Mailbox, MergeValues], AfterValidator(FrozenDict)] | None = None
    merge_global_data: MergeValues | None = None
    merge_headers: Annotated[dict[Mailbox, Headers], AfterValidator(FrozenDict)] | None = None
    merge_metadata: Annotated[dict[Mailbox, Metadata], AfterValidator(FrozenDict)] | None = None
    escape_merge_data: Annotated[bool, OrNull] = False
    track_opens: Annotated[bool | None, Field(description=TRACKING)] = None
    track_clicks: Annotated[bool | None, Field(description=TRACKING)] = None
    sensitive: Annotated[bool, OrNull, Field(description=SENSITIVE)] = False
    configuration_set: ConfigurationSet | None = None
    return_path: ReturnPath | None = None
    from_identity_arn: IdentityArn | None = None
    tenant: Tenant | None = None
    endpoint_id: EndpointId | None = None

    @override
    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            if not (self.sensitive and name in CONTENT_FIELDS):
                yield name, value

    @property
    def recipients(self) -> tuple[Address, ...]:
        """The addresses in to, then cc, then bcc, without duplicates of a bare address."""
        addresses = [parse_address(mailbox) for mailbox in (*self.to, *self.cc, *self.bcc)]
        return tuple({address.addr_spec: address for address in addresses}.values())

    @property
    def is_personalized(self) -> bool:
        """True when each address in `to` gets a message of its own."""
        return (
            self.merge_data is not None
            or self.merge_headers is not None
            or self.merge_metadata is not None
        )

    @property
    def decides_tracking(self) -> bool:
        """True when the message, and not the configuration set, decides what SES tracks."""
        return self.sensitive or self.track_opens is not None or self.track_clicks is not None

    @property
    def is_templated(self) -> bool:
        """True when SES renders the content: from a stored template, or from merge values."""
        return (
            self.is_personalized
            or self.template_id is not None
            or self.merge_global_data is not None
        )
