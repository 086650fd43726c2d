"""Writes a message as MIME: 7-bit parts, folded headers, inline files in multipart/related.

SES wants quoted-printable or base64, because open and click tracking can corrupt 8-bit parts:
https://docs.aws.amazon.com/ses/latest/dg/send-email-raw.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.message import MIMEPart
from email.policy import EmailPolicy
from typing import Any
from uuid import uuid4

from typing_extensions import override

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.fields import MessageFields
from amsdal_mail.message.headers import encode_header, header_lines
from amsdal_mail.message.limits import LINE_LIMIT

__all__ = ["mime_bytes", "mime_message"]

FOLD_LENGTH = 76
"""Characters after which a header is folded, if it has a space, and the length of body lines.

RFC 2047 and RFC 2045 allow 76 in lines with encoded words and in quoted-printable.
"""
WORD = re.compile(r" *[^ ]+(?: +$)?")
"""A part of a header that stays on one line."""
AMP = "text/x-amp-html"
"""AMP for Email: https://amp.dev/documentation/guides-and-tutorials/email/learn/email-spec/amp-email-structure."""
FIRST_PARAMETER = re.compile("(?<=;)(?= )")
"""Where a Content- header is folded. A fold within a file name would reach some readers."""


class HeaderPolicy(EmailPolicy):
    """Keeps the text of headers. EmailPolicy parses them, and so changes some values.

    A word that is longer than a line would become several encoded words, and an address in such a
    header (List-Unsubscribe) would be lost.
    """

    @override
    def header_max_count(self, name: str) -> int | None:
        return None

    @override
    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:
        if "\r" in value or "\n" in value:
            raise ValueError(f"header {name} must not contain line breaks")
        return name, encode_header(name, value)

    @override
    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value

    @override
    def fold(self, name: str, value: str) -> str:
        is_content = name.startswith("Content-")
        text = f" {value}"
        words = FIRST_PARAMETER.split(text, maxsplit=1) if is_content else WORD.findall(text)
        return self.linesep.join(_lines(f"{name}:", words)) + self.linesep

    @override
    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = HeaderPolicy(linesep="\r\n", cte_type="7bit", max_line_length=FOLD_LENGTH)


def mime_bytes(message: MessageFields) -> bytes:
    """Return the message in the format of RFC 5322, without Bcc."""
    return mime_message(message).as_bytes()


def mime_message(message: MessageFields) -> MIMEPart:
    """Return the message as a MIMEPart with all headers, without Bcc."""
    mime = _body(message)
    mime["MIME-Version"] = "1.0"
    mime["Subject"] = message.subject
    mime["From"] = parse_address(message.from_email).mailbox
    lists = {"To": message.to, "Cc": message.cc, "Reply-To": message.reply_to}
    for name, mailboxes in lists.items():
        if mailboxes:
            mime[name] = ", ".join(parse_address(mailbox).mailbox for mailbox in mailboxes)
    for name, value in header_lines(message.headers):
        mime[name] = value
    return mime


def _body(message: MessageFields) -> MIMEPart:
    inline = [_file(attachment) for attachment in message.attachments if attachment.content_id]
    attached = [
        _file(attachment) for attachment in message.attachments if not attachment.content_id
    ]
    return _multipart("mixed", [_multipart("related", [_texts(message), *inline]), *attached])


def _texts(message: MessageFields) -> MIMEPart:
    parts = []
    if message.body or message.html_body is None:
        parts.append(_text("plain", message.body))
    # A mail program shows the last part that it knows: HTML, where it does not know AMP.
    alternatives = [_alternative(content, kind) for content, kind in message.alternatives]
    parts += [part for part in alternatives if part.get_content_type() == AMP]
    if message.html_body is not None:
        parts.append(_text("html", message.html_body))
    parts += [part for part in alternatives if part.get_content_type() != AMP]
    return _multipart("alternative", parts)


def _text(subtype: str, text: str) -> MIMEPart:
    part = MIMEPart(POLICY)
    part.set_content(text, subtype=subtype, cte="quoted-printable")
    return part


def _alternative(content: str, content_type: str) -> MIMEPart:
    """Return a part such as a calendar invitation (RFC 6047: method is a parameter of its type)."""
    kind, *parameters = (piece.strip() for piece in content_type.split(";"))
    part = MIMEPart(POLICY)
    part.set_content(
        content,
        subtype=kind.partition("/")[2],
        cte="quoted-printable",
        params=dict(parameter.split("=", 1) for parameter in parameters),
    )
    return part


def _file(attachment: Attachment) -> MIMEPart:
    maintype, _, subtype = attachment.mimetype.partition("/")
    charset = attachment.content_type.partition("; charset=")[2]
    part = MIMEPart(POLICY)
    part.set_content(
        attachment.content,
        maintype,
        subtype,
        disposition="inline" if attachment.content_id else "attachment",
        filename=attachment.filename,
        cid=f"<{attachment.content_id}>" if attachment.content_id else None,
        params={"charset": charset} if charset else None,
    )
    return part


def _multipart(subtype: str, parts: Sequence[MIMEPart]) -> MIMEPart:
    if len(parts) == 1:
        return parts[0]
    multipart = MIMEPart(POLICY)
    # A boundary of its own: the generator would search all parts for one that does not occur.
    multipart["Content-Type"] = f'multipart/{subtype}; boundary="{uuid4().hex}"'
    for part in parts:
        multipart.attach(part)
    return multipart


def _lines(start: str, words: Iterable[str]) -> list[str]:
    """Fold a header between words only.

    A long word stays on the first line, which would be empty otherwise. An encoded word does not:
    RFC 2047 section 2 limits a line with encoded words to 76 characters.
    """
    lines = [start]
    for word in words:
        is_first = lines == [start] and "=?" not in word
        limit = LINE_LIMIT if is_first else FOLD_LENGTH
        if len(lines[-1]) + len(word) > limit:
            lines.append(word)
        else:
            lines[-1] += word
    return lines
