"""MIME is composed and read back."""

from __future__ import annotations

from datetime import UTC, datetime

from local.ses.mime.compose import Attachment, Content, Envelope, compose, replace_ses_headers
from local.ses.mime.read import parse_mime, read_message
from local.ses.sending import requests

ENVELOPE = Envelope(
    "0100-id",
    datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC),
    "us-east-1",
    "=?utf-8?q?J=C3=B6?= <a@example.com>",
    to=tuple(f"recipient{n}@example.com" for n in range(50)),
    reply_to=("r@example.com",),
)


def test_a_composed_message_reads_back_as_it_was_given() -> None:
    image = Attachment("bild ä.png", "image/png", b"\x89PNG", inline=True, content_id="logo")
    content = Content("Grüße", "täxt", "<b>ü</b>", (("X-A", "1"),), (image,))

    message = read_message(compose(ENVELOPE, content))

    headers = {row["name"]: row["value"] for row in message["headers"]}
    assert headers["Subject"] == "Grüße"
    assert headers["From"] == "Jö <a@example.com>"
    assert headers["X-A"] == "1"
    assert message["text"].strip() == "täxt"
    assert message["html"].strip() == "<b>ü</b>"
    assert message["attachments"][0] == {
        "part": 2,
        "filename": "bild ä.png",
        "content_type": "image/png",
        "content_id": "logo",
        "disposition": "inline",
        "size": 4,
    }


def test_a_composed_message_is_seven_bit_with_short_lines() -> None:
    mime = compose(ENVELOPE, Content("ü" * 500, "ü" * 5000, "<p>" + "x" * 5000))

    assert mime.isascii()
    assert max(len(line) for line in mime.split(b"\r\n")) <= 998
    assert b"\n" not in mime.replace(b"\r\n", b"")


def test_a_line_break_in_a_subject_starts_no_header() -> None:
    mime = compose(ENVELOPE, Content("a\r\nBcc: evil@example.com", "x"))

    assert parse_mime(mime)["Bcc"] is None


def test_raw_message_gets_new_date_and_id_and_loses_bcc() -> None:
    raw = b"Date: long ago\nMessage-ID: <own@x>\nBcc: a@x,\n b@x\nSubject: s\n\nbody\n"

    mime = replace_ses_headers(raw, ENVELOPE)

    headers = parse_mime(mime)
    assert headers.get_all("Message-ID") == ["<0100-id@email.amazonses.com>"]
    assert headers.get_all("Date") == ["Mon, 02 Mar 2026 09:15:30 +0000"]
    assert headers["Bcc"] is None
    assert headers["Subject"] == "s"
    assert mime.endswith(b"body\n")


def test_raw_headers_replace_missing_api_fields() -> None:
    raw = (
        b"From: =?utf-8?q?J=C3=B6?=\r\n <a@example.com>\r\nTo: B <b@example.com>, c@example.com\r\n"
        b"X-SES-CONFIGURATION-SET: set\r\nX-SES-MESSAGE-TAGS: k=v, l=w\r\n\r\n"
    )

    given = requests.read_raw_request({}, raw)

    assert given.source == "=?utf-8?q?J=C3=B6?= <a@example.com>"
    assert given.to == ("b@example.com", "c@example.com")
    assert given.configuration_set == "set"
    assert given.tags == ({"Name": "k", "Value": "v"}, {"Name": "l", "Value": "w"})


def test_api_tags_and_header_tags_are_never_merged() -> None:
    tags = [{"Name": "api", "Value": "1"}]

    given = requests.read_raw_request({"EmailTags": tags}, b"X-SES-MESSAGE-TAGS: k=v\r\n\r\n")

    assert given.tags == tuple(tags)


def test_tag_header_beyond_ascii_loses_only_the_events() -> None:
    given = requests.read_raw_request({}, "X-SES-MESSAGE-TAGS: k=ü\r\n\r\n".encode())

    assert given.loses_events
    assert given.tags == ()


def test_hostile_mime_is_read_without_an_error() -> None:
    raw = (
        b"Subject: =?nonsense?q?=FF?=\r\nContent-Type: text/html; charset=nonsense\r\n"
        b"Content-Disposition: ;;;\r\n\r\n\xff<b>"
    )

    message = read_message(raw)

    assert message["html"] == "ÿ<b>"
