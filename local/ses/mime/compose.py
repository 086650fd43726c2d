"""The MIME message that SES makes of simple content or of a rendered template."""

from __future__ import annotations

from dataclasses import dataclass
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Attachment",
    "Content",
    "Envelope",
    "compose",
    "has_empty_header_name",
    "replace_ses_headers",
]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part beside the bodies, decoded."""

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a message, without its envelope."""

    subject: str
    text: str | None = None
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields that SES writes itself. The addresses are as the caller wrote them."""

    message_id: str
    date: datetime
    region: str
    source: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()


def compose(envelope: Envelope, content: Content) -> bytes:
    """Return the MIME of simple or rendered content. Bcc is not written."""
    fields = [*_envelope_fields(envelope), ("Subject", content.subject), *content.headers]
    head = b"".join(_field(name, value) for name, value in fields)
    return head + _body(content).as_bytes()


def replace_ses_headers(raw: bytes, envelope: Envelope) -> bytes:
    """Return a raw message as SES sends it.

    Date and Message-ID are those of SES. Bcc and X-SES-CONFIGURATION-SET are removed.
    https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    """
    head, blank, rest = _split_head(raw)
    removed_names = ("date:", "message-id:", "bcc:", "x-ses-configuration-set:")
    kept_fields = [
        field for field in _unfolded(head) if not field.lower().startswith(removed_names)
    ]
    ses_fields = [("Date", format_datetime(envelope.date)), ("Message-ID", _message_id(envelope))]
    fields = b"".join(_field(name, value) for name, value in ses_fields)
    return fields + "".join(kept_fields).encode("latin-1") + blank + rest


def has_empty_header_name(raw: bytes) -> bool:
    """Return whether a header field of a raw message begins with its colon."""
    return any(field.startswith(":") for field in _unfolded(_split_head(raw)[0]))


def _envelope_fields(envelope: Envelope) -> list[tuple[str, str]]:
    lists = (("Reply-To", envelope.reply_to), ("To", envelope.to), ("Cc", envelope.cc))
    return [
        ("Date", format_datetime(envelope.date)),
        *([("From", envelope.source)] if envelope.source else []),
        *((name, ", ".join(addresses)) for name, addresses in lists if addresses),
        ("Message-ID", _message_id(envelope)),
    ]


def _message_id(envelope: Envelope) -> str:
    # The Message-ID names the region, except in us-east-1.
    host = "email" if envelope.region == "us-east-1" else envelope.region
    return f"<{envelope.message_id}@{host}.amazonses.com>"


def _field(name: str, value: str) -> bytes:
    """Return a folded header field. A value beyond ASCII becomes encoded words of RFC 2047."""
    if name.lower() == "message-id":
        return f"{name}: {value}\r\n".encode("ascii")
    charset = "us-ascii" if value.isascii() else "utf-8"
    folded = Header(" ".join(value.splitlines()), charset, header_name=name, maxlinelen=76)
    text = folded.encode(linesep="\r\n")
    return f"{name}: {text}\r\n".encode("ascii")


def _body(content: Content) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    if content.text is not None or content.html is None:
        message.set_content(content.text or "", cte="quoted-printable")
        if content.html is not None:
            message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    else:
        message.set_content(content.html, subtype="html", cte="quoted-printable")
    for attachment in content.attachments:
        _attach(message, attachment)
    return message


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.content_type.partition(";")[0].strip().partition("/")
    description = attachment.description
    message.add_attachment(
        attachment.content,
        maintype=main,
        subtype=sub or "octet-stream",
        disposition="inline" if attachment.inline else "attachment",
        filename=attachment.filename,
        cid=f"<{attachment.content_id}>" if attachment.content_id else None,
        headers=[f"Content-Description: {description}"] if description else None,
    )


def _split_head(raw: bytes) -> tuple[str, bytes, bytes]:
    for blank in (b"\r\n\r\n", b"\n\n"):
        head, separator, rest = raw.partition(blank)
        if separator:
            end = blank[: len(blank) // 2]
            return (head + end).decode("latin-1"), end, rest
    return raw.decode("latin-1"), b"", b""


def _unfolded(head: str) -> list[str]:
    """Return the header fields, each with its continuation lines."""
    fields: list[str] = []
    for line in head.splitlines(keepends=True):
        if line[:1] in " \t" and fields:
            fields[-1] += line
        else:
            fields.append(line)
    return fields
