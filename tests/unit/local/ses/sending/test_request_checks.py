"""The checks of a send request alone, with the texts of SES."""

from __future__ import annotations

import base64

import pytest

from local.ses.errors import Refusal
from local.ses.sending import request_checks, requests

NAME_RULE = "only alphanumeric ASCII characters, '_',  '-' are allowed."
VALUE_RULE = "only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."


def text_of(error: Refusal | None) -> str | None:
    assert error is not None
    assert (error.status, error.code) == (400, "BadRequestException")
    return error.message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("metadata:order", "1", f"Invalid tag name <metadata:order>: {NAME_RULE}"),
        ("a b", "!", f"Invalid tag name <a b>: {NAME_RULE}"),
        ("ok", "a b", f"Invalid tag value <a b>: {VALUE_RULE}"),
        ("n" * 256, "1", "Tag name cannot exceed 255 characters."),
        ("ok", "v" * 256, "Tag value cannot exceed 255 characters."),
        ("é" * 256, "1", f"Invalid tag name <{'é' * 256}>: {NAME_RULE}"),
        ("", "1", "The tag name must be specified."),
        ("ok", "", "The tag value must be specified."),
    ],
    ids=[
        "colon in name",
        "name before value",
        "space in value",
        "long name",
        "long value",
        "characters before length",
        "empty name",
        "empty value",
    ],
)
def test_invalid_tag_has_the_text_of_ses(name: str, value: str, message: str) -> None:
    assert text_of(request_checks.check_tags([{"Name": name, "Value": value}])) == message


def test_tag_values_allow_dot_and_at() -> None:
    tags = [
        {"Name": "to", "Value": "a.b@example.com"},
        {"Name": "ses:feedback-id-a", "Value": "x"},
        {"Name": "n" * 255, "Value": "v" * 255},
    ]

    assert request_checks.check_tags(tags) is None


def test_the_fifty_first_recipient_is_too_many() -> None:
    fifty = [f"r{n}@example.com" for n in range(50)]

    assert request_checks.check_recipients(fifty) is None
    assert text_of(request_checks.check_recipients([*fifty, "x@example.com"])) == (
        "Recipient count exceeds 50."
    )


def test_a_message_needs_a_recipient() -> None:
    assert text_of(request_checks.check_recipients([])) == "There are no recipients specified"


def test_an_empty_header_name_is_illegal_in_a_raw_message() -> None:
    error = requests.check_raw(b"From: a@example.com\r\n: x\r\n\r\n")

    assert text_of(error) == "Empty header names are illegal."


@pytest.mark.parametrize("name", ["Subject", "list-unsubscribe", "References", "REPLY-TO"])
def test_a_single_use_header_may_not_come_twice(name: str) -> None:
    error = request_checks.check_duplicate_headers([name.title(), name])

    assert text_of(error) == f"Duplicate header '{name}'."


def test_other_headers_may_come_twice() -> None:
    names = ["X-A", "x-a", "List-Unsubscribe-Post", "List-Unsubscribe-Post"]

    assert request_checks.check_duplicate_headers(names) is None


@pytest.mark.parametrize("name", ["setup.exe", "A.BAT", "page.hta", "x.y.js"])
def test_executable_attachments_are_refused(name: str) -> None:
    content = base64.b64encode(b"x").decode()

    assert request_checks.check_attachments([{"FileName": name, "RawContent": content}]) is not None


@pytest.mark.parametrize("name", ["a.zip", "a.pdf", "a.html", "a.svg", "exe"])
def test_harmless_attachments_pass(name: str) -> None:
    content = base64.b64encode(b"x").decode()

    assert request_checks.check_attachments([{"FileName": name, "RawContent": content}]) is None


def test_a_message_over_40_megabytes_is_refused_with_its_size() -> None:
    lines = b"x" * 76 + b"\r\n"
    mime = lines * (40 * 1024 * 1024 // len(lines) + 1)

    assert text_of(request_checks.check_size(mime)) == (
        f"Message length is more than 41943040 bytes long: '{len(mime)}'."
    )


def test_a_line_may_have_998_characters_and_crlf() -> None:
    assert request_checks.check_size(b"x" * 998 + b"\r\n") is None
    assert request_checks.check_size(b"x" * 999 + b"\r\n") is not None


@pytest.mark.parametrize("field", ["FileName", "ContentType", "ContentId", "ContentDescription"])
def test_a_line_break_in_an_attachments_field_is_refused(field: str) -> None:
    attachment = {"FileName": "a.png", "RawContent": "", field: "x/y\r\nBcc: evil@example.com"}

    assert text_of(request_checks.check_attachments([attachment])) == (
        f"An attachment's {field} contains control characters."
    )


def test_a_content_type_has_a_type_and_a_subtype() -> None:
    attachment = {"FileName": "a", "RawContent": "", "ContentType": "text"}

    assert text_of(request_checks.check_attachments([attachment])) == "Illegal content type 'text'."
