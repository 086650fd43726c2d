"""EmailMessage and EmailRequest: validation, checked copies and JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import is_
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar, Unpack

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from typing_extensions import override

from amsdal_mail.email_id import EMAIL_ID, EMAIL_ID_RULE
from amsdal_mail.exceptions import FieldError, InvalidMessageError, MalformedJSONError
from amsdal_mail.message.field_errors import field_errors
from amsdal_mail.message.fields import MessageFields, freeze
from amsdal_mail.message.moments import Moment, Seconds, first_second, last_second
from amsdal_mail.message.rules import broken_rules
from amsdal_mail.message.ses_options import SES_PARAMETERS
from amsdal_mail.stream import Stream

if TYPE_CHECKING:
    from datetime import timedelta

    from amsdal_mail.message.options import MessageOptions

__all__ = ["SERVICE_FIELDS", "TIMES", "EmailMessage", "EmailRequest", "validate_messages"]

TIMES = ("send_at", "expires_at", "expires_in")
"""The fields of a request that say when it is sent."""
SERVICE_FIELDS = ("idempotency_key", "stream", *TIMES)
"""The fields of a request that a message does not have."""


class EmailMessage(MessageFields):
    """An email: frozen, and checked when it is made.

    A plain message has at most 50 recipients (to, cc and bcc together). With `merge_data` each
    address in `to` gets a message of its own, with all of cc and bcc; then `to` may be longer.

    With a `template_id`, subject and bodies come from that template in SES. Without it, merge
    values fill `{{name}}` in the subject and the bodies, and each name needs a value. SES does not
    escape the values. Set `escape_merge_data=True` for values that people write: it escapes HTML
    in `html_body`, and everywhere in a stored template.

    `track_opens` and `track_clicks` switch tracking on or off for this message. With None, the
    configuration set decides. An SDK that cannot say so to SES leaves it to the set too.

    A `sensitive` email holds a secret, such as a link that resets a password: it is never tracked,
    and the service stores neither its subject nor its content.

    Raises:
        InvalidMessageError: names every field that breaks a rule.
    """

    if TYPE_CHECKING:  # what it accepts is more than what it has

        def __init__(self, *, from_email: str, **fields: Unpack[MessageOptions]) -> None: ...

    __slots__ = ("_checked",)  # the values that validation saw, see _ensure_checked

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_errors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return _ensure_checked(value)
        if isinstance(value, dict) and None in value.values():
            value = {name: given for name, given in value.items() if given is not None}
        try:
            message = handler(value)
        except ValidationError as error:
            raise InvalidMessageError(field_errors(error)) from error
        errors = broken_rules(message)
        if isinstance(message, EmailRequest):
            errors += [*_service_options(message), *_broken_times(message)]
        if errors:
            raise InvalidMessageError(errors)
        return _mark_as_checked(message)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values, checked like a new message.

        Raises:
            InvalidMessageError: names every field that breaks a rule, or does not exist.
        """
        return self.model_validate({**vars(self), **changes})

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copy = super().model_copy(deep=deep)
        return copy.replace(**update) if update else copy

    def _with(self, **values: Any) -> Self:
        """Return a copy without checking the values: they come from this message."""
        if not _is_checked(self):
            return self.replace(**values)
        frozen = {name: freeze(value) for name, value in values.items()}
        return _mark_as_checked(super().model_copy(update=frozen))

    def to_json(self) -> str:
        """Return the JSON that the API and the queue take. Default values are left out."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def from_json(cls, document: str | bytes) -> Self:
        """Read a message from JSON.

        Raises:
            MalformedJSONError: the document is not valid JSON, or is nested too deeply.
            InvalidMessageError: names every field that breaks a rule.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise MalformedJSONError(field_errors(error)) from error


class EmailRequest(EmailMessage):
    """A message for the service, with an optional idempotency key, stream and times.

    `idempotency_key` becomes the id of the email. A second request with the same key sends
    nothing. Without a key the service chooses an id. Without a `stream`, an email to over 50
    recipients is bulk mail, and all others are transactional.

    `send_at` is when the service sends it, at most 365 days ahead. After `expires_at`, or after
    `expires_in` seconds from `send_at` or from now on, it is not sent any more. A time is text of
    RFC 3339 with an offset from UTC, or an aware datetime.
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            from_email: str,
            idempotency_key: str | None = None,
            stream: str | None = None,
            send_at: datetime | str | None = None,
            expires_at: datetime | str | None = None,
            expires_in: timedelta | float | None = None,
            **fields: Unpack[MessageOptions],
        ) -> None: ...

    send_at: Moment | None = None
    expires_at: Moment | None = None
    expires_in: Seconds | None = None
    idempotency_key: Annotated[str, Field(pattern=EMAIL_ID.pattern)] | None = None
    stream: Stream | None = None

    @staticmethod
    def from_message(message: EmailMessage, idempotency_key: str | None) -> EmailRequest:
        """Return the request to send a message. The stream and the times of a request stay.

        Raises:
            InvalidMessageError: the key or the message breaks a rule.
        """
        if idempotency_key is not None and not EMAIL_ID.fullmatch(idempotency_key):
            raise InvalidMessageError.for_field("idempotency_key", EMAIL_ID_RULE)
        errors = _service_options(message)
        if errors:
            raise InvalidMessageError(errors)
        service_fields = {name: getattr(message, name, None) for name in ("stream", *TIMES)}
        service_fields["idempotency_key"] = idempotency_key
        values = _message_fields(_ensure_checked(message)) | service_fields
        return _mark_as_checked(EmailRequest.model_construct(**values))

    @property
    def effective_stream(self) -> Stream:
        """The stream of the request; without it, that of its number of recipients."""
        return self.stream or Stream.of(len(self.recipients))

    @property
    def times(self) -> dict[str, Any]:
        """The times that it names, as JSON has them. Times of different offsets are equal."""
        given = {name: getattr(self, name) for name in TIMES}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in given.items()
            if value is not None
        }

    @property
    def message(self) -> EmailMessage:
        """The message without the key, the stream and the times."""
        values = _message_fields(_ensure_checked(self))
        return _mark_as_checked(EmailMessage.model_construct(**values))


def validate_messages(messages: Iterable[EmailMessage]) -> list[EmailMessage]:
    """Return the messages as a list, each of them checked.

    Every backend calls this first: a message that was changed after its validation, or made
    without one, is validated here.

    Raises:
        TypeError: `messages` is a single message, or has another object in it.
        InvalidMessageError: names every field of a message that breaks a rule.
    """
    if isinstance(messages, EmailMessage):
        raise TypeError("send_messages takes a list of messages, not one message")
    listed = list(messages)
    for message in listed:
        if not isinstance(message, EmailMessage):
            kind = type(message).__name__
            raise TypeError(f"send_messages takes EmailMessage objects, not {kind}")
    return [_ensure_checked(message) for message in listed]


def _service_options(message: EmailMessage) -> list[FieldError]:
    """Refuse what the service decides: its role may use its own set, identities and account."""
    rule = "is decided by the service: only the backend ses takes it"
    given = [field for field in SES_PARAMETERS if vars(message).get(field) is not None]
    return [FieldError(field, rule) for field in given]


def _broken_times(request: EmailRequest) -> list[FieldError]:
    if request.expires_at is None:
        return []
    if request.expires_in is not None:
        return [FieldError("expires_in", "cannot be given together with expires_at")]
    if request.send_at is None:
        return []
    # The service counts in seconds: an email is never early, and never sent after its expiry.
    if last_second(request.expires_at) <= first_second(request.send_at):
        return [FieldError("expires_at", "must be later than send_at")]
    return []


M = TypeVar("M", bound=EmailMessage)
NOT_CHECKED: tuple[tuple[object, ...], list[object]] = ((), [])


def _ensure_checked(message: M) -> M:
    """Return the message if its values are those that validation saw, else a checked copy.

    `model_construct`, `copy`, pickle and writes to `__dict__` make messages that no rule has seen.

    Raises:
        InvalidMessageError: names every field that breaks a rule.
    """
    return message if _is_checked(message) else message.replace()


def _mark_as_checked(message: M) -> M:
    seen = (tuple(vars(message).values()), _inner_values(message))
    object.__setattr__(message, "_checked", seen)
    return message


def _is_checked(message: EmailMessage) -> bool:
    values, inner_values = getattr(message, "_checked", NOT_CHECKED)
    # The inner values can be read only if the values are those of a valid message.
    return _are_same(values, vars(message).values()) and _are_same(
        inner_values, _inner_values(message)
    )


def _are_same(seen: Collection[object], values: Collection[object]) -> bool:
    return len(seen) == len(values) and all(map(is_, seen, values))


def _inner_values(message: EmailMessage) -> list[object]:
    """Return the values within the fields that Python can replace without a trace in the fields."""
    attachments = [value for file in message.attachments for value in vars(file).values()]
    headers, metadata = message.headers, message.metadata
    return [*attachments, *headers, *headers.values(), *metadata, *metadata.values()]


def _message_fields(request: EmailMessage) -> dict[str, Any]:
    names = EmailMessage.model_fields
    return {name: value for name, value in vars(request).items() if name in names}
