"""A kept MIME message read back for people: bodies, headers, attachments."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from local.ses.messages import Json

_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


def parse_mime(mime: bytes) -> Message:
    """The message with its header values as they stand; hostile headers raise nothing."""
    return message_from_bytes(mime, policy=policy.compat32)


def leaf_parts(message: Message) -> Iterator[Message]:
    """The parts that are not multiparts themselves, in their order."""
    return (part for part in message.walk() if not part.is_multipart())


def decoded_payload(part: Message) -> bytes:
    """A part's content without its transfer encoding."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def decode_header_value(value: object) -> str:
    """A header value unfolded and with its encoded words decoded where they can be."""
    text = "".join(str(value).splitlines())
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def read_message(mime: bytes) -> Json:
    """`text`, `html`, `headers` and `attachments`; an attachment's `part` is its leaf's number."""
    message = parse_mime(mime)
    bodies: dict[str, str] = {}
    attachments: list[Json] = []
    for number, part in enumerate(leaf_parts(message)):
        kind = part.get_content_type()
        if is_body(part) and kind not in bodies:
            bodies[kind] = _text(part)
        else:
            attachments.append(_attachment(number, part))
    return {
        "text": bodies.get("text/plain"),
        "html": bodies.get("text/html"),
        "headers": [
            {"name": name, "value": decode_header_value(value)} for name, value in message.items()
        ],
        "attachments": attachments,
    }


def is_body(part: Message) -> bool:
    """Whether a part is text of the message itself, and no file."""
    is_file = part.get_filename() or part.get_content_disposition() == "attachment"
    return part.get_content_type() in {"text/plain", "text/html"} and not is_file


def _attachment(number: int, part: Message) -> Json:
    name = part.get_filename()
    return {
        "part": number,
        "filename": decode_header_value(name) if name else None,
        "content_type": part.get_content_type(),
        "content_id": str(part["Content-ID"] or "").strip("<> ") or None,
        "disposition": part.get_content_disposition(),
        "size": len(decoded_payload(part)),
    }


def _text(part: Message) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        return decoded_payload(part).decode(charset, "replace")
    except LookupError:
        return decoded_payload(part).decode("latin-1")


def contains_test_virus(mime: bytes) -> bool:
    """Whether a part carries the EICAR test file, which SES takes for a virus."""
    if b"base64" not in mime.lower():
        # Quoted-printable may break the line in the middle of it.
        return _EICAR in mime.replace(b"=\r\n", b"").replace(b"=\n", b"")
    return any(_EICAR in decoded_payload(part) for part in leaf_parts(parse_mime(mime)))


def header_value(mime: bytes, name: str) -> str | None:
    """One header field of a message, readable; None if there is none."""
    value = BytesHeaderParser(policy=policy.compat32).parsebytes(mime, headersonly=True)[name]
    return None if value is None else decode_header_value(value)
