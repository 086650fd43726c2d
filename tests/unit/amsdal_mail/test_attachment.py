"""Attachment.from_path: a file becomes an attachment."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail import Attachment, EmailMessage, InvalidMessageError
from amsdal_mail.message.mime import mime_bytes

TYPES = {
    "invoice.pdf": "application/pdf",
    "logo.PNG": "image/png",
    "notes.txt": "text/plain",
    "Größe.html": "text/html",
    "backup.tar.gz": "application/octet-stream",
    "mail.eml": "application/octet-stream",
    "data.unknown-type": "application/octet-stream",
    "README": "application/octet-stream",
}


@pytest.mark.parametrize(("name", "mimetype"), TYPES.items(), ids=TYPES)
def test_file_gives_name_content_and_type(tmp_path: Path, name: str, mimetype: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x00\xff")

    assert Attachment.from_path(path) == Attachment(name, b"\x00\xff", mimetype)
    assert Attachment.from_path(str(path)) == Attachment(name, b"\x00\xff", mimetype)


def test_file_with_a_content_id_is_inline(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(b"\x89PNG")

    attachment = Attachment.from_path(path, content_id="logo")

    assert attachment == Attachment("logo.png", b"\x89PNG", "image/png", "logo")


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Attachment.from_path(tmp_path / "missing.pdf")
    with pytest.raises(OSError):
        Attachment.from_path(tmp_path)


def test_file_that_ses_refuses_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.exe"
    path.write_bytes(b"MZ")

    with pytest.raises(InvalidMessageError, match=r"filename: SES refuses .* \.exe"):
        Attachment.from_path(path)
    with pytest.raises(InvalidMessageError, match="content_id"):
        Attachment.from_path(tmp_path / "run.exe", content_id="<logo>")


CHARSETS: dict[str, tuple[Attachment, str]] = {
    "text": (Attachment("a.csv", "ü", "text/csv"), "text/csv; charset=utf-8"),
    "UTF-8": (Attachment("a.txt", "ü".encode(), "text/plain"), "text/plain; charset=utf-8"),
    "not UTF-8": (Attachment("a.txt", b"\xfc", "text/plain"), "text/plain"),
    "given": (
        Attachment("a.txt", b"\xfc", "TEXT/plain", charset="iso-8859-1"),
        "TEXT/plain; charset=iso-8859-1",
    ),
    "text in a given one": (
        Attachment("a.txt", "ü", "text/plain", charset="iso-8859-1"),
        "text/plain; charset=iso-8859-1",
    ),
    "no text": (Attachment("a.pdf", b"%PDF", "application/pdf"), "application/pdf"),
}


@pytest.mark.parametrize(("attachment", "content_type"), CHARSETS.values(), ids=CHARSETS)
def test_text_keeps_its_character_set(attachment: Attachment, content_type: str) -> None:
    message = EmailMessage(body="x", from_email="a@x.io", to=["b@x.io"], attachments=[attachment])
    (read,) = EmailMessage.from_json(message.to_json()).attachments
    (part,) = message_from_bytes(mime_bytes(message), policy=default).iter_attachments()

    assert read == attachment
    assert read.content_type == content_type
    assert part["Content-Type"].replace('"', "") == content_type
    if "charset" in content_type:
        assert part.get_content().strip() == "ü"


def test_size_is_exact_at_the_border() -> None:
    fields: dict[str, Any] = {"body": "Größe " * 999, "from_email": "a@x.io", "to": ["b@x.io"]}
    empty = EmailMessage(**fields, attachments=[Attachment("a", b"", "a/b")])
    room = 41_943_040 - len(mime_bytes(empty))
    count = room // 78 * 57 + room % 78 // 4 * 3  # 57 bytes become 76 characters and CRLF
    while len(base64_lines(count)) > room:
        count -= 3

    largest = EmailMessage(**fields, attachments=[Attachment("a", bytes(count), "a/b")])

    assert 41_943_036 <= len(mime_bytes(largest)) <= 41_943_040
    with pytest.raises(InvalidMessageError, match="attachments: message has 41943"):
        EmailMessage(**fields, attachments=[Attachment("a", bytes(count + 6), "a/b")])


def base64_lines(count: int) -> bytes:
    return base64.encodebytes(bytes(count)).replace(b"\n", b"\r\n")
