"""A message as raw MIME: 7-bit parts, headers folded, inline files related (RFC 2387)."""

from __future__ import annotations

from email import encoders
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage

__all__ = ["mime_bytes", "mime_message"]

# SES asks for quoted-printable or base64: open and click tracking can corrupt 8-bit parts.
UTF8 = Charset("utf-8")
UTF8.body_encoding = QP
CRLF = compat32.clone(linesep="\r\n")


def mime_bytes(message: EmailMessage) -> bytes:
    """Write the message as RFC 5322 wants it, lines ended by CRLF. Bcc is left to the envelope."""
    return mime_message(message).as_bytes(policy=CRLF)


def mime_message(message: EmailMessage) -> MIMEBase | MIMEText:
    """Build the message of the standard library, headers and all."""
    mime = _body(message)
    _set(mime, "Subject", message.subject)
    mime["From"] = str(parse_address(message.from_email))
    lists = {"To": message.to, "Cc": message.cc, "Reply-To": message.reply_to}
    for name, addresses in lists.items():
        if addresses:
            mime[name] = ", ".join(str(parse_address(one)) for one in addresses)
    for name, value in message.headers.items():
        _set(mime, name, value)
    return mime


def _set(mime: MIMEBase | MIMEText, name: str, value: str) -> None:
    if value.isascii():
        mime[name] = value
    else:
        mime[name] = Header(value, "utf-8", header_name=name)  # type: ignore[assignment]


def _body(message: EmailMessage) -> MIMEBase | MIMEText:
    inline = [one for one in message.attachments if one.content_id]
    attached = [one for one in message.attachments if not one.content_id]
    body = _together("related", [_text_parts(message), *map(_attachment, inline)])
    return _together("mixed", [body, *map(_attachment, attached)])


def _text_parts(message: EmailMessage) -> MIMEBase | MIMEText:
    parts: list[MIMEBase | MIMEText] = []
    if message.body or message.html_body is None:
        parts.append(MIMEText(message.body, "plain", UTF8))  # type: ignore[arg-type]
    if message.html_body is not None:
        parts.append(MIMEText(message.html_body, "html", UTF8))  # type: ignore[arg-type]
    return _together("alternative", parts)


def _together(subtype: str, parts: list[MIMEBase | MIMEText]) -> MIMEBase | MIMEText:
    return parts[0] if len(parts) == 1 else MIMEMultipart(subtype, None, parts)


def _attachment(attachment: Attachment) -> MIMEBase:
    mime = MIMEBase(*attachment.mimetype.split("/", 1))
    mime.set_payload(attachment.content)
    encoders.encode_base64(mime)
    name = attachment.filename
    filename = name if name.isascii() else ("utf-8", "", name)
    disposition = "inline" if attachment.content_id else "attachment"
    mime.add_header("Content-Disposition", disposition, filename=filename)
    if attachment.content_id:
        mime["Content-ID"] = f"<{attachment.content_id}>"
    return mime
