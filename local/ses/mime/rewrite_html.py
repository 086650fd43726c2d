"""Replaces the HTML body of a MIME message. All other bytes stay as they are."""

from __future__ import annotations

import base64
import binascii
from email import message_from_string, policy
from typing import TYPE_CHECKING

from local.ses.mime.read import decoded_payload, is_body, leaf_parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

__all__ = ["rewrite_html_body"]


def rewrite_html_body(mime: bytes, rewrite: Callable[[str], str]) -> bytes:
    """Return the message with its first HTML body rewritten, in its own charset and encoding.

    An HTML attachment stays as it is. So does a body that its charset cannot carry back.
    """
    if b"text/html" not in mime.lower():
        return mime
    at = 0
    # Latin-1 has a character for every byte, so the text of a part equals its bytes.
    for part in leaf_parts(message_from_string(mime.decode("latin-1"), policy=policy.compat32)):
        source = str(part.get_payload()).encode("latin-1")
        start = mime.find(source, at)
        if start < 0:
            return mime
        at = start + len(source)
        if is_body(part) and part.get_content_type() == "text/html":
            changed = _rewritten(part, source, rewrite)
            return mime if changed is None else mime[:start] + changed + mime[at:]
    return mime


def _rewritten(part: Message, source: bytes, rewrite: Callable[[str], str]) -> bytes | None:
    content = decoded_payload(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        text = content.decode(charset)
        if text.encode(charset) != content:
            return None
    except (LookupError, UnicodeError):
        charset, text = "latin-1", content.decode("latin-1")
    changed = rewrite(text)
    if changed == text:
        return None
    return _encoded(changed.encode(charset, "xmlcharrefreplace"), part, source)


def _encoded(content: bytes, part: Message, source: bytes) -> bytes:
    match str(part["Content-Transfer-Encoding"] or "").strip().lower():
        case "base64":
            lines = base64.encodebytes(content)
            return lines.replace(b"\n", b"\r\n") if b"\r\n" in source else lines
        case "quoted-printable":
            return binascii.b2a_qp(content, istext=True)
        case _:
            return content
