"""Attachment.from_path: a file becomes an attachment."""

from __future__ import annotations

from pathlib import Path

import pytest

from amsdal_mail import Attachment, InvalidMessageError

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
