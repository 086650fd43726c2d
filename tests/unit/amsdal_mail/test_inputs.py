"""What callers hand over beside plain values: None, lazy text, numbers, buffers, lists."""

from __future__ import annotations

import enum
import json
from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.headerregistry import Address
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from amsdal_mail import Attachment, EmailMessage, EmailRequest, InvalidMessageError, send_mail
from amsdal_mail.backends.memory import MemoryBackend
from amsdal_mail.message.mime import mime_bytes

ANNA = "anna@example.com"
VALID: dict[str, Any] = {
    "subject": "Order 1234",
    "body": "Thank you.",
    "from_email": "orders@example.com",
    "to": [ANNA],
}
OPTIONAL = sorted(set(EmailRequest.model_fields) - {"from_email"})
SENT_BY_OTHERS: dict[str, dict[str, Any]] = {"to": {"cc": [ANNA]}, "body": {"html_body": "<p>x"}}
"""What a message needs where the field is left out."""


class LazyText:
    """A lazy translation, as Django's: a proxy that is no str, and writes itself as one."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __getitem__(self, index: int) -> str:
        return self._text[index]


Lazy: Any = LazyText
"""Untyped, as in code that is not checked by mypy."""


JO: Any = Address("Doe, Jo", "jo", "x.io")


class SafeText(str):
    """A str of a template engine."""

    __slots__ = ()


class Plan(str, enum.Enum):  # noqa: UP042 - the older spelling, which writes itself as Plan.PRO
    PRO = "pro"


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize("field", OPTIONAL)
def test_none_is_a_field_that_is_left_out(field: str) -> None:
    fields = {name: value for name, value in VALID.items() if name != field}
    fields |= SENT_BY_OTHERS.get(field, {})

    expected = EmailRequest(**fields)

    assert EmailRequest(**fields | {field: None}) == expected
    assert EmailRequest.from_json(json.dumps(fields | {field: None})) == expected
    assert expected.replace(**{field: None}) == expected
    assert EmailRequest(**fields | {field: None}).to_json() == expected.to_json()


def test_all_optional_arguments_of_send_mail_take_none() -> None:
    options: dict[str, Any] = dict.fromkeys(set(OPTIONAL) - {"subject", "body", "html_body", "to"})
    del options["idempotency_key"]

    status = send_mail(
        "a", "b", "a@x.io", [ANNA], connection=MemoryBackend(), html_message=None, **options
    )

    assert status.is_success


def test_sender_cannot_be_left_out() -> None:
    with pytest.raises(InvalidMessageError, match="from_email: is required"):
        EmailMessage(**VALID | {"from_email": None})


@pytest.mark.parametrize("field", OPTIONAL)
def test_json_schema_allows_null(field: str) -> None:
    schema = TypeAdapter(EmailRequest).json_schema()["properties"][field]

    assert {"type": "null"} in schema["anyOf"], schema


def test_lazy_text_is_text_in_every_field() -> None:
    message = EmailMessage(
        subject=Lazy("Größe"),
        body=Lazy("text"),
        html_body=Lazy("<p>text"),
        from_email=Lazy("Jo <jo@x.io>"),
        to=[Lazy(ANNA), JO],
        headers={Lazy("X-A"): Lazy("a"), "X-B": [Lazy("b"), "c"]},
        tags=[Lazy("tag")],
        metadata={Lazy("key"): Lazy("value")},
        attachments=[
            Attachment(Lazy("a.txt"), Lazy("ü"), Lazy("text/plain"), Lazy("id")),
        ],
    )

    assert message == EmailMessage(
        subject="Größe",
        body="text",
        html_body="<p>text",
        from_email="Jo <jo@x.io>",
        to=[ANNA, '"Doe, Jo" <jo@x.io>'],
        headers={"X-A": "a", "X-B": ["b", "c"]},
        tags=["tag"],
        metadata={"key": "value"},
        attachments=[Attachment("a.txt", "ü".encode(), "text/plain", "id")],
    )
    assert type(message.subject) is str
    assert EmailMessage.from_json(message.to_json()) == message


def test_lazy_text_in_merge_data_is_text() -> None:
    message = EmailMessage(
        **VALID | {"subject": "{{greeting}}"},
        merge_data={Lazy(ANNA): {"list": [Lazy("a"), {"b": Lazy("c")}]}},
        merge_global_data={"greeting": Lazy("Hallo")},
    )

    assert message.merge_global_data == {"greeting": "Hallo"}
    assert message.merge_data == {ANNA: {"list": ["a", {"b": "c"}]}}


@pytest.mark.parametrize("text", [SafeText("pro"), Plan.PRO, b"pro", UUID(int=1), Lazy("pro")])
def test_kinds_of_text_become_plain_text(text: Any) -> None:
    message = EmailMessage(**VALID | {"subject": text, "tags": [text]})

    assert type(message.subject) is type(message.tags[0]) is str
    assert message.subject in {"pro", str(UUID(int=1))}


def by_type(value: object) -> str:
    """Return an id that is the same in each process of a test run."""
    return type(value).__name__


NOT_TEXT = [1, 1.5, True, Decimal(1), Colour.RED, date(2026, 1, 1), object(), [], {}, ValueError()]


@pytest.mark.parametrize("value", [*NOT_TEXT, EmailMessage(**VALID)], ids=by_type)
@pytest.mark.parametrize("field", ["subject", "from_email", "body", "html_body", "template_id"])
def test_other_objects_are_no_text(field: str, value: Any) -> None:
    with pytest.raises(InvalidMessageError, match=f"{field}: must be text"):
        EmailMessage(**VALID | {field: value})


@pytest.mark.parametrize("number", [1234, 1.5, Decimal("2.50"), 0])
def test_number_is_a_header_value_and_a_metadata_value(number: Any) -> None:
    message = EmailMessage(
        **VALID, headers={"X-A": number, "X-B": [number, 1]}, metadata={"a": number}
    )

    assert message.headers == {"X-A": str(number), "X-B": (str(number), "1")}
    assert message.metadata == {"a": str(number)}


def test_number_in_json_is_a_header_value() -> None:
    message = EmailMessage.from_json(json.dumps(VALID | {"headers": {"X-A": 1, "X-B": [1.5, "a"]}}))

    assert message.headers == {"X-A": "1", "X-B": ("1.5", "a")}


@pytest.mark.parametrize("value", [True, None, {}, [None], [["a"]], [True], object()], ids=by_type)
def test_other_values_of_a_header_are_refused(value: Any) -> None:
    with pytest.raises(InvalidMessageError, match=r"headers\.X-A: must be text"):
        EmailMessage(**VALID, headers={"X-A": value})


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_buffer_is_the_content_of_an_attachment(kind: type) -> None:
    content = kind(b"\x00\xff")

    attachment = Attachment("a", content, "a/b")

    assert attachment.content == b"\x00\xff"
    assert type(attachment.content) is bytes


def test_repeated_header_has_a_line_for_each_value() -> None:
    message = EmailMessage(**VALID, headers={"X-A": ["1", "größe"], "X-B": ("3",)})

    mime = message_from_bytes(mime_bytes(message))
    assert mime.get_all("X-A") == ["1", "=?utf-8?b?Z3LDtsOfZQ==?="]
    assert mime.get_all("X-B") == ["3"]
    assert EmailMessage.from_json(message.to_json()) == message


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no value": ({"X-A": []}, "headers.X-A", "at least one value"),
    "break in the second value": ({"X-A": ["a", "b\nBcc: c"]}, "headers.X-A", "line breaks"),
    "long word in the second value": ({"X-A": ["a", "b" * 998]}, "headers.X-A", "998"),
    "header of SES's single ones": (
        {"references": ["<a@x>", "<b@x>"]},
        "headers.references",
        "only once, has 2 values",
    ),
    "comments": ({"Comments": ["a", "b"]}, "headers.Comments", "only once"),
    "list header": ({"List-Help": ["<a>", "<b>"]}, "headers.List-Help", "only once"),
    "second value not ASCII": ({"Archived-At": ["<a>", "<ä>"]}, "headers.Archived-At", "ASCII"),
}


@pytest.mark.parametrize(("headers", "field", "rule"), REFUSED.values(), ids=REFUSED)
def test_repeated_header_is_refused(headers: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidMessageError, match=rule) as caught:
        EmailMessage(**VALID, headers=headers)

    assert [error.field for error in caught.value.errors] == [field]


def test_lines_of_repeated_headers_count_with_a_template() -> None:
    with pytest.raises(InvalidMessageError, match="16 headers: SES takes 15"):
        EmailMessage(**VALID, template_id="t", headers={"X-A": ["a"] * 16})


def test_generators_are_read_once() -> None:
    message = EmailMessage(**VALID | {"subject": Lazy("s"), "cc": (f"c{n}@x.io" for n in range(3))})

    assert message.cc == ("c0@x.io", "c1@x.io", "c2@x.io")


@pytest.mark.parametrize("text", [ANNA, ANNA.encode()], ids=["text", "bytes"])
@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to", "tags", "attachments"])
def test_text_is_no_list(field: str, text: str | bytes) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        EmailMessage(**VALID | {field: text})

    assert str(caught.value) == f"{field}: must be a list, not one string"


def test_text_is_no_list_in_json() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        EmailMessage.from_json(json.dumps({**VALID, "to": ANNA}))

    assert str(caught.value) == "to: must be a list, not one string"
