"""Makes attachments of this library from those of Django: tuples and MIME parts."""

from __future__ import annotations

from email.message import Message
from mimetypes import guess_extension
from typing import TYPE_CHECKING, Any

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.attachment import UNKNOWN_TYPE, Attachment

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["convert_file"]

EMAIL_TYPE = "message/rfc822"
EMAIL_EXTENSION = ".eml"


def convert_file(given: Any, number: int, encoding: Any = None) -> Attachment:
    """Return an attachment of a Django message.

    An attached email becomes a file `.eml`, which mail programs open as an email: SES takes no
    part of the type message/rfc822 among the attachments of a request.

    Args:
        given: `(filename, content, mimetype)`, or a MIMEBase or MIMEPart.
        number: Its place among the attachments, for the name of a file without a name.
        encoding: The character set of text, by default UTF-8.

    Raises:
        InvalidMessageError: SES refuses the file, or it is a MIME part with parts.
    """
    if isinstance(given, Message):
        return _from_mime(given, number)
    filename, content, mimetype = given
    kind, _, parameters = str(mimetype or UNKNOWN_TYPE).partition(";")
    charset = _charset(parameters) or (str(encoding) if encoding else None)
    if kind.strip().lower() == EMAIL_TYPE:
        return _email(str(filename) if filename else None, content, number)
    if not isinstance(content, str | bytes | bytearray | memoryview):
        content = str(content)
    name = str(filename) if filename else _name(kind.strip(), number)
    is_text = kind.strip().lower().startswith("text/")
    return Attachment(name, content, kind.strip(), charset=charset if is_text else None)


def _from_mime(part: Message, number: int) -> Attachment:
    kind, name = part.get_content_type(), part.get_filename()
    if kind == EMAIL_TYPE:
        payload: Any = part.get_payload()
        return _email(name, payload[0] if isinstance(payload, list) else payload, number)
    if part.is_multipart():
        rule = "is a MIME part with parts of its own: attach them one by one"
        raise InvalidMessageError.for_field(f"attachments[{number}]", rule)
    content = part.get_payload(decode=True)
    content_id = (part.get("Content-ID") or "").strip().strip("<>") or None
    is_shown = part.get_content_disposition() != "attachment"
    return Attachment(
        name or _name(kind, number),
        content if isinstance(content, bytes) else b"",
        kind,
        content_id if is_shown else None,
        charset=part.get_content_charset() if kind.startswith("text/") else None,
    )


def _email(name: str | None, content: Any, number: int) -> Attachment:
    if hasattr(content, "message"):  # a message of Django
        content = content.message()
    if isinstance(content, Message):
        content = content.as_bytes()
    name = name or f"email-{number + 1}{EMAIL_EXTENSION}"
    if not name.lower().endswith(EMAIL_EXTENSION):
        name += EMAIL_EXTENSION
    return Attachment(name, content, UNKNOWN_TYPE)


def _name(kind: str, number: int) -> str:
    return f"attachment-{number + 1}{guess_extension(kind) or ''}"


def _charset(parameters: str) -> str | None:
    pairs: Iterable[tuple[str, str, str]] = (
        piece.strip().partition("=") for piece in parameters.split(";")
    )
    values = (value.strip("\"' ") for name, _, value in pairs if name.strip().lower() == "charset")
    return next(values, None) or None
