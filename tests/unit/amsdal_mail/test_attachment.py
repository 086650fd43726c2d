"""Attachment.from_path: a file becomes an attachment."""

from __future__ import annotations

import base64
import json
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


def test_object_in_s3_gives_name_and_type() -> None:
    attachment = Attachment.from_s3("s3://reports/2026/November 1.pdf", etag='"9e10"')

    assert (attachment.filename, attachment.mimetype) == ("November 1.pdf", "application/pdf")
    assert (attachment.s3_uri, attachment.s3_etag) == ("s3://reports/2026/November 1.pdf", "9e10")
    assert (attachment.content, attachment.is_stored) == (b"", True)


def test_stored_file_goes_through_json() -> None:
    files = (
        Attachment.from_s3("s3://reports/a.pdf", filename="b.txt", content_id="b"),
        Attachment.from_upload("0" * 32, "c.pdf"),
        Attachment("empty.txt", b"", "text/plain"),
    )
    message = EmailMessage(from_email="a@x.io", to=["b@x.io"], body="b", attachments=files)

    assert EmailMessage.from_json(message.to_json()) == message
    assert message.to_json().count('"content"') == 1


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "no URI of S3": ({"s3_uri": "https://reports/a.pdf"}, "attachments[0].s3_uri"),
    "no key": ({"s3_uri": "s3://reports/"}, "attachments[0].s3_uri"),
    "no bucket": ({"s3_uri": "s3:///a.pdf"}, "attachments[0].s3_uri"),
    "line break": ({"s3_uri": "s3://reports/a\nb"}, "attachments[0].s3_uri"),
    "long key": ({"s3_uri": "s3://reports/" + "a" * 1025}, "attachments[0].s3_uri"),
    "no id": ({"upload_id": "../secret"}, "attachments[0].upload_id"),
    "two places": ({"s3_uri": "s3://reports/a", "upload_id": "0" * 32}, "attachments[0]"),
    "content too": ({"s3_uri": "s3://reports/a", "content": "YQ=="}, "attachments[0]"),
    "a version of nothing": ({"s3_etag": "a", "content": "YQ=="}, "attachments[0]"),
    "null": ({"s3_uri": None}, "attachments[0].content"),
}


@pytest.mark.parametrize(("place", "field"), PLACES.values(), ids=PLACES)
def test_file_needs_one_place(place: dict[str, Any], field: str) -> None:
    file = {"filename": "a.pdf", "mimetype": "application/pdf", **place}
    email = {"from_email": "a@x.io", "to": ["b@x.io"], "body": "b", "attachments": [file]}

    with pytest.raises(InvalidMessageError) as of_python:
        EmailMessage.model_validate(email)
    with pytest.raises(InvalidMessageError) as of_json:
        EmailMessage.from_json(json.dumps(email))

    assert [error.field for error in of_python.value.errors] == [field]
    assert of_json.value.errors == of_python.value.errors


def test_wrong_uri_is_named() -> None:
    with pytest.raises(InvalidMessageError, match="s3_uri: must be the URI of an object"):
        Attachment.from_s3("reports/a.pdf")
