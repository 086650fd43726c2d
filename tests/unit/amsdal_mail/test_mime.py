"""MIME of a message: what goes in comes out of a parser, in lines that mail programs take."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import default
from email.utils import collapse_rfc2231_value
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail import Attachment, EmailMessage
from amsdal_mail.message.mime import mime_bytes

VALID: dict[str, Any] = {
    "subject": "s",
    "body": "text",
    "from_email": "orders@example.com",
    "to": ["anna@example.com"],
}
ENCODED_WORD = re.compile(rb"=\?utf-8\?[bq]\?[^?]*\?=")
ONE_LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300
) | st.builds(" ".join, st.lists(st.sampled_from(["a", "ü", "😀", "x" * 80, "=?", ""])))


def raw(**fields: Any) -> bytes:
    return mime_bytes(EmailMessage(**VALID | fields))


def parsed(**fields: Any) -> Message:
    return message_from_bytes(raw(**fields))


def header(message: Message, name: str) -> str:
    """Return a header unfolded and decoded, as RFC 5322 and RFC 2047 say."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(message[name]))
    return str(make_header(decode_header(unfolded)))


def filename(part: Message) -> str:
    name = part.get_param("filename", header="content-disposition")
    assert name is not None
    return collapse_rfc2231_value(name)


def texts(message: Message) -> list[Message]:
    return [part for part in message.walk() if part.get_content_maintype() == "text"]


def text(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return re.sub("\r\n|\r", "\n", content.decode()).rstrip("\n")


@given(ONE_LINE, ONE_LINE)
def test_headers_come_out_as_they_were_given(subject: str, value: str) -> None:
    content = raw(subject=subject, headers={"X-A": value})

    message = message_from_bytes(content)
    assert content.isascii()
    assert header(message, "Subject").strip(" ") == subject.strip(" ")
    assert header(message, "X-A").strip(" ") == value.strip(" ")


LONG_VALUES = {
    "web address": f"<https://example.com/{'u' * 300}>",
    "longest word": "a" * 997,
    "encoded word of the caller": "=?utf-8?q?x?=",
    "message ids": " ".join(f"<{n}@example.com>" for n in range(90)),
    "structured": 'a; b="c d"; e=(f',
}


@pytest.mark.parametrize("name", ["X-A", "References", "List-Unsubscribe", "Errors-To"])
@pytest.mark.parametrize("value", LONG_VALUES.values(), ids=LONG_VALUES)
def test_ascii_header_is_folded_and_otherwise_unchanged(name: str, value: str) -> None:
    content = raw(headers={name: value})

    assert str(message_from_bytes(content)[name]).replace("\r\n", "").strip() == value
    assert max(map(len, content.split(b"\r\n"))) <= 998


STRUCTURED = {
    "List-ID": ("Größe & Co <news.example.com>", "<news.example.com>"),
    "Disposition-Notification-To": ("Jörg <jo@münchen.de>, al@x.io", "<jo@xn--mnchen-3ya.de>"),
    "Errors-To": ('"Doe, Jörg" <jo@x.io>, =?utf-8?q?=C3=A4?= <al@x.io>', "<jo@x.io>,"),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_only_phrases_of_a_structured_header_are_encoded(name: str) -> None:
    value, ascii_part = STRUCTURED[name]

    content = raw(headers={name: value}).split(b"\r\n\r\n")[0]

    assert ascii_part in str(message_from_bytes(content)[name])
    assert all(len(word) <= 75 for word in ENCODED_WORD.findall(content))
    assert b"=?utf-8?q?=C3=A4?=" not in content  # decoded, and encoded once
    assert b"=3D" not in content


def test_header_is_folded_at_spaces() -> None:
    content = raw(headers={"X-A": "word " * 60})

    assert max(map(len, content.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("name", ["X-A", "X" * 70, "X" * 126])
def test_encoded_words_have_at_most_75_characters(name: str) -> None:
    content = raw(subject="ü" * 300, headers={name: "Größe 😀 " * 20})

    words = ENCODED_WORD.findall(content)
    lines = [line for line in content.split(b"\r\n") if ENCODED_WORD.search(line)]
    assert len(words) > 10
    assert max(map(len, words)) <= 75
    assert max(map(len, lines)) <= max(76, len(name) + 1)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bodies_come_out_as_they_were_given(body: str) -> None:
    content = raw(body=f"-{body}", html_body=f"<p>{body}")

    plain, html = texts(message_from_bytes(content))
    expected = re.sub("\r\n|\r", "\n", body).rstrip("\n")
    assert text(plain) == f"-{expected}"
    assert text(html) == f"<p>{expected}"
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 76


def test_text_parts_are_quoted_printable() -> None:
    plain, html = texts(parsed(body="From Größe", html_body="<b>"))

    for part in (plain, html):
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert part.get_content_charset() == "utf-8"
    assert text(plain) == "From Größe"


NAMES = [
    "a.txt",
    'a "b" \\c.txt',
    "Größe.pdf",
    "ü" * 127,
    "word; word  " * 20 + ".txt",
    "a" * 255,
    "a; b'c%20.txt",
    "=?utf-8?q?x?=.txt",
]


@pytest.mark.parametrize("content_id", [None, "logo"])
@pytest.mark.parametrize("name", NAMES)
def test_files_come_out_as_they_were_given(name: str, content_id: str | None) -> None:
    content = raw(attachments=[Attachment(name, b"\x00\r\n\xff" * 99, "text/x-y", content_id)])

    message = message_from_bytes(content)
    part = message.get_payload()[1]  # type: ignore[index]
    assert isinstance(part, Message)
    assert message.get_content_type() == ("multipart/related" if content_id else "multipart/mixed")
    assert filename(part) == name
    assert part.get_payload(decode=True) == b"\x00\r\n\xff" * 99
    assert part.get_content_type() == "text/x-y"
    assert part.get_content_disposition() == ("inline" if content_id else "attachment")
    assert part["Content-ID"] == ("<logo>" if content_id else None)
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_long_content_id_ends_no_header() -> None:
    part = parsed(attachments=[Attachment("a", b"x", "a/b", "i" * 78)]).get_payload()[1]  # type: ignore[index]

    assert isinstance(part, Message)
    assert part["Content-ID"] == f"<{'i' * 78}>"
    assert part.get_payload(decode=True) == b"x"


def test_structure_is_the_one_of_rfc_2387() -> None:
    message = parsed(
        html_body="<img src=cid:logo>",
        attachments=[Attachment("a", b"", "a/b"), Attachment("logo.png", b"", "image/png", "logo")],
    )

    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "a/b",
    ]
    assert [part["MIME-Version"] for part in message.walk()] == ["1.0", *[None] * 6]


def test_addresses_come_out_as_they_were_given() -> None:
    names = ["Ä", "Doe, Jane", 'A "B" C', "J. Doe", "=?utf-8?q?x?=", "ü" * 80, ""]
    quoted = [re.sub(r'(["\\])', r"\\\1", name) for name in names]
    to = [f'"{name}" <a{number}@münchen.de>' for number, name in enumerate(quoted)]

    message = message_from_bytes(raw(to=to, cc=to[:1], reply_to=to[:2]), policy=default)

    addresses = message["To"].addresses
    assert [a.addr_spec for a in addresses] == [f"a{i}@xn--mnchen-3ya.de" for i in range(7)]
    assert [a.display_name for a in addresses][:4] == names[:4]
    assert message["Cc"].addresses[0].display_name == "Ä"
    assert len(message["Reply-To"].addresses) == 2


def test_blind_copies_are_not_in_the_headers() -> None:
    assert b"secret" not in raw(bcc=["secret@example.com"])


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "ü\nBcc: eve@example.com"])
def test_line_break_that_came_past_the_rules_is_refused(subject: str) -> None:
    message = EmailMessage(**VALID)
    message.__dict__["subject"] = subject

    with pytest.raises(ValueError, match="Subject must not contain line breaks"):
        mime_bytes(message)


INVITATION = "BEGIN:VCALENDAR\r\nSUMMARY:Größe\r\nEND:VCALENDAR\r\n"


def test_alternatives_stand_where_mail_programs_choose_them() -> None:
    alternatives = [
        (INVITATION, "text/calendar; method=REQUEST"),
        ("<html amp4email>ü", "text/x-amp-html"),
    ]
    message = EmailMessage(**VALID | {"html_body": "<p>", "alternatives": alternatives})
    message = EmailMessage.from_json(message.to_json())

    mime = message_from_bytes(mime_bytes(message), policy=default)
    parts = list(mime.iter_parts())
    assert mime.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts] == [
        "text/plain",
        "text/x-amp-html",
        "text/html",
        "text/calendar",
    ]
    assert parts[3]["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert parts[3].get_content().splitlines() == INVITATION.splitlines()
    assert parts[3].get_content_disposition() is None
    assert parts[1].get_content().strip() == "<html amp4email>ü"
