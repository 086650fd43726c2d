"""Reads a MIME message for people: bodies, headers, attachments."""

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

__all__ = [
    "contains_test_virus",
    "decode_header_value",
    "decoded_payload",
    "header_value",
    "is_body",
    "leaf_parts",
    "parse_mime",
    "read_message",
]

TEST_VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


def parse_mime(mime: bytes) -> Message:
    """Parse a message. Header values stay as they are, and hostile headers raise nothing."""
    return message_from_bytes(mime, policy=policy.compat32)


def leaf_parts(message: Message) -> Iterator[Message]:
    """Return the parts that are not multiparts, in their order."""
    return (part for part in message.walk() if not part.is_multipart())


def decoded_payload(part: Message) -> bytes:
    """Return the content of a part without its transfer encoding."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def decode_header_value(value: object) -> str:
    """Return a header value unfolded, with its encoded words decoded where possible."""
    text = "".join(str(value).splitlines())
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def read_message(mime: bytes) -> Json:
    """Return `text`, `html`, `headers` and `attachments` of a message.

    The `part` of an attachment is the index of its leaf part.
    """
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
    """Return whether a part is text of the message itself and not a file."""
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
    """Return whether a part contains the EICAR test file, which SES rejects.

    https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    if b"base64" not in mime.lower():
        # Quoted-printable may break the line inside the test file.
        return TEST_VIRUS in mime.replace(b"=\r\n", b"").replace(b"=\n", b"")
    return any(TEST_VIRUS in decoded_payload(part) for part in leaf_parts(parse_mime(mime)))


def header_value(mime: bytes, name: str) -> str | None:
    """Return a decoded header field of a message, None if it is missing."""
    value = BytesHeaderParser(policy=policy.compat32).parsebytes(mime, headersonly=True)[name]
    return None if value is None else decode_header_value(value)
