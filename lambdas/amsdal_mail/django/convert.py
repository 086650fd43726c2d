"""Makes an EmailMessage of this library from a message of django.core.mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.core.mail.message import BadHeaderError
from django.utils.timezone import get_current_timezone, is_naive

from amsdal_mail.django.files import convert_file
from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.email import SERVICE_FIELDS, TIMES, EmailMessage, EmailRequest

if TYPE_CHECKING:
    from django.core.mail import EmailMessage as DjangoMessage

__all__ = ["FIELDS", "convert"]

ANYMAIL_FIELDS = (
    "tags",
    "metadata",
    "template_id",
    "merge_data",
    "merge_global_data",
    "merge_headers",
    "merge_metadata",
    "track_opens",
    "track_clicks",
)
"""Attributes of a message that Anymail has too."""
OWN_FIELDS = (
    "escape_merge_data",
    "sensitive",
    "configuration_set",
    "return_path",
    "from_identity_arn",
    "tenant",
    "endpoint_id",
)
FIELDS = (*ANYMAIL_FIELDS, *OWN_FIELDS, *SERVICE_FIELDS)

SET_BY_SES = frozenset({"date", "message-id", "mime-version"})
"""Headers that Django's users may set, and that SES replaces by its own."""
HTML, PLAIN = "text/html", "text/plain"


def convert(message: DjangoMessage, defaults: Mapping[str, Any]) -> EmailMessage:
    """Return the message as one of this library.

    Args:
        message: Any class of django.core.mail, with attributes such as `tags` and `stream`.
        defaults: Fields that the message gets when it does not have them. Tags and metadata of
            both are joined.

    Raises:
        BadHeaderError: a subject, an address or a header has a line break.
        InvalidMessageError: names every field that breaks a rule.
    """
    headers = {str(name): value for name, value in message.extra_headers.items()}
    from_email = _take(headers, "from") or message.from_email
    fields: dict[str, Any] = {
        "subject": str(message.subject),
        "from_email": str(from_email),
        "to": _mailboxes(message.to),
        "cc": _mailboxes(message.cc),
        "bcc": _mailboxes(message.bcc),
        "reply_to": _reply_to(message, headers),
        "attachments": [
            convert_file(attachment, number, message.encoding)
            for number, attachment in enumerate(message.attachments)
        ],
        **_texts(message),
        **_given(message, defaults),
    }
    _check_shown(headers, {name: fields[name] for name in ("to", "cc")})
    fields["headers"] = {
        name: _header(value) for name, value in headers.items() if name.lower() not in SET_BY_SES
    }
    _refuse_line_breaks(fields)
    is_request = any(fields.get(name) is not None for name in SERVICE_FIELDS)
    return (EmailRequest if is_request else EmailMessage).model_validate(fields)


def _take(headers: dict[str, Any], name: str) -> Any:
    """Remove a header, whatever its spelling, and return its value."""
    found = [key for key in headers if key.lower() == name]
    values = [headers.pop(key) for key in found]
    return values[-1] if values else None


def _mailboxes(given: Iterable[Any]) -> list[str]:
    return [str(mailbox) for mailbox in given if mailbox]


def _reply_to(message: DjangoMessage, headers: dict[str, Any]) -> list[str]:
    given = _take(headers, "reply-to")
    return _split(given) if given else _mailboxes(message.reply_to)


def _split(header: Any) -> list[str]:
    """Return the mailboxes of a header that Django's users wrote as one text."""
    from email.utils import formataddr, getaddresses

    return [formataddr(pair) if pair[0] else pair[1] for pair in getaddresses([str(header)])]


def _check_shown(headers: dict[str, Any], fields: Mapping[str, list[str]]) -> None:
    """Refuse a To or Cc in the headers that differs from the recipients: SES writes those."""
    from email.utils import getaddresses

    for name, mailboxes in fields.items():
        shown = _take(headers, name)
        if shown is None:
            continue
        wanted = {address for _, address in getaddresses(mailboxes)}
        if {address for _, address in getaddresses([str(shown)])} != wanted:
            rule = f"must name the recipients in {name}: SES writes the header from them"
            raise InvalidMessageError.for_field(f"headers.{name.title()}", rule)


def _header(value: Any) -> Any:
    return value if isinstance(value, str | int | float | list | tuple) else str(value)


def _refuse_line_breaks(fields: Mapping[str, Any]) -> None:
    """Refuse what would start another header, with the error that callers of Django expect."""
    headers: Mapping[str, Any] = fields["headers"]
    given = {
        "subject": [fields["subject"]],
        "from_email": [fields["from_email"]],
        **{name: fields[name] for name in ("to", "cc", "bcc", "reply_to")},
        **{f"header {name!r}": [name, value] for name, value in headers.items()},
    }
    for name, values in given.items():
        if any(isinstance(text, str) and ("\n" in text or "\r" in text) for text in values):
            raise BadHeaderError(f"Header values can't contain newlines (got one in {name})")


def _texts(message: DjangoMessage) -> dict[str, Any]:
    """Return body, html_body and alternatives."""
    body = _decoded(message.body, message.encoding) if message.body else ""
    subtype = message.content_subtype
    parts: list[tuple[str, str]] = [(body, f"text/{subtype}")] if body else []
    parts += [
        (_decoded(content, message.encoding), str(kind))
        for content, kind in getattr(message, "alternatives", None) or ()
    ]
    texts: dict[str, Any] = {"body": "", "html_body": None, "alternatives": []}
    for content, kind in parts:
        field = {PLAIN: "body", HTML: "html_body"}.get(kind.lower())
        if field is None:
            texts["alternatives"].append((content, kind))
        elif texts[field]:
            rule = f"has two parts of the type {kind}: an email has one"
            raise InvalidMessageError.for_field("alternatives", rule)
        else:
            texts[field] = content
    if not (texts["body"] or texts["html_body"]) and not getattr(message, "template_id", None):
        texts["body"] = "\n"  # Django sends an empty message too
    return texts


def _decoded(content: Any, encoding: Any) -> str:
    if isinstance(content, bytes):
        return content.decode(str(encoding or "utf-8"), errors="replace")
    return str(content)


def _given(message: DjangoMessage, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the message, and the defaults for those that it does not have."""
    unknown = sorted(set(defaults) - {*FIELDS, "headers", "reply_to"})
    if unknown:
        rule = "is not a field that a message can have by default"
        raise InvalidMessageError([FieldError(f"SEND_DEFAULTS.{name}", rule) for name in unknown])
    given: dict[str, Any] = {}
    for name in FIELDS:
        value, default = getattr(message, name, None), defaults.get(name)
        if name == "tags" and value is not None and default:
            value = [*default, *(tag for tag in value if tag not in default)]
        elif name == "metadata" and value is not None and default:
            value = {**default, **value}
        value = default if value is None else value
        if value is not None:
            given[name] = _moment(value) if name in TIMES else value
    return given


def _moment(value: Any) -> Any:
    """Return a time as Anymail reads it: a day is its midnight, in Django's time zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if isinstance(value, datetime) and is_naive(value):
        return value.replace(tzinfo=get_current_timezone())
    return value
