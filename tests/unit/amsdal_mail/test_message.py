"""EmailMessage: every rule names its field, and JSON keeps every byte."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail import (
    Attachment,
    EmailMessage,
    EmailRequest,
    InvalidMessageError,
    MalformedJSONError,
)

ANNA = "anna@example.com"
FILE = {"filename": "a", "content": b"", "mimetype": "a/b"}
VALID: dict[str, Any] = {
    "subject": "Order 1234",
    "body": "Thank you.",
    "from_email": "orders@example.com",
    "to": [ANNA],
}

BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "no sender": ({"from_email": ""}, "from_email", "local@domain"),
    "sender is a list": ({"from_email": ["a@x.io"]}, "from_email", "must be text"),
    "bare string": ({"to": "a@x.io"}, "to", "list"),
    "bare string of cc": ({"cc": "a@x.io"}, "cc", "list"),
    "bad second address": ({"to": ["a@x.io", "b"]}, "to[1]", "local@domain"),
    "no recipients": ({"to": []}, "to", "at least one"),
    "51 recipients": ({"cc": ["a@x.io"] * 50}, "to", "51 recipients.*50"),
    "cc of a personalized message": (
        {"cc": ["a@x.io"] * 50, "merge_data": {}},
        "cc",
        "50 cc and bcc.*50",
    ),
    "subject of two lines": ({"subject": "a\nBcc: b@x.io"}, "subject", "line breaks"),
    "too long subject": ({"subject": "a" * 990}, "subject", "989.*990"),
    "too long template name": ({"template_id": "a" * 256}, "template_id", "255.*256"),
    "no content": ({"body": ""}, "body", "empty"),
    "lone surrogate": ({"body": "\ud800"}, "body", "surrogate"),
    "header with a break": ({"headers": {"X-A": "a\r\nBcc: b"}}, "headers.X-A", "line breaks"),
    "header name with a colon": ({"headers": {"X:A": "a"}}, "headers.X:A", "colons"),
    "header name too long": ({"headers": {"X" * 127: "a"}}, f"headers.{'X' * 127}", "126"),
    "header of another field": ({"headers": {"bcc": "a@x.io"}}, "headers.bcc", "set by bcc"),
    "header SES writes": ({"headers": {"Message-ID": "<a>"}}, "headers.Message-ID", "by SES"),
    "header Return-Path": (
        {"headers": {"return-path": "<a@x.io>"}},
        "headers.return-path",
        "set by return_path",
    ),
    "header of a tenant": ({"headers": {"X-SES-Tenant": "a"}}, "headers.X-SES-Tenant", "by tenant"),
    "header of a set": (
        {"headers": {"X-SES-CONFIGURATION-SET": "a"}},
        "headers.X-SES-CONFIGURATION-SET",
        "set by configuration_set$",
    ),
    "new header of SES": ({"headers": {"X-Ses-New": "a"}}, "headers.X-Ses-New", "written by SES"),
    "resent": ({"headers": {"Resent-To": "a@x.io"}}, "headers.Resent-To", "set by to"),
    "resent date": ({"headers": {"Resent-Date": "x"}}, "headers.Resent-Date", "by SES"),
    "received": ({"headers": {"Received": "x"}}, "headers.Received", "by SES"),
    "signature": ({"headers": {"DKIM-Signature": "x"}}, "headers.DKIM-Signature", "by SES"),
    "name in the return path": (
        {"return_path": "A <a@x.io>"},
        "return_path",
        "bare address such as bounces@example.com",
    ),
    "set with a space": ({"configuration_set": "a b"}, "configuration_set", "1 to 64 letters"),
    "no ARN": ({"from_identity_arn": "x.io"}, "from_identity_arn", "the ARN"),
    "no tenant": ({"tenant": ""}, "tenant", "1 to 64 letters"),
    "no endpoint": ({"endpoint_id": "https://x.io"}, "endpoint_id", "multi-region"),
    "header of MIME": ({"headers": {"Content-Type": "a/b"}}, "headers.Content-Type", "by SES"),
    "header twice": ({"headers": {"X-A": "1", "x-a": "2"}}, "headers", "2 times"),
    "header word too long": ({"headers": {"X-A": "a" * 998}}, "headers.X-A", "998"),
    "web address that is not ASCII": (
        {"headers": {"List-Unsubscribe": "<https://münchen.de/u>"}},
        "headers.List-Unsubscribe",
        "must be ASCII",
    ),
    "message id that is not ASCII": (
        {"headers": {"REFERENCES": "<ä@x.io>"}},
        "headers.REFERENCES",
        "must be ASCII",
    ),
    "list id that is not ASCII": (
        {"headers": {"List-Id": "Größe <größe.example.com>"}},
        "headers.List-Id",
        "angle brackets",
    ),
    "address in a header with a template": (
        {"template_id": "t", "headers": {"Errors-To": "jö@x.io"}},
        "headers.Errors-To",
        "SMTPUTF8",
    ),
    "16 headers with a template": (
        {"template_id": "t", "headers": {f"X-{n}": "a" for n in range(16)}},
        "headers",
        "16 headers.*15",
    ),
    "long header with a template": (
        {"template_id": "t", "headers": {"X-A": "a " * 500}},
        "headers.X-A",
        "1000 characters.*995",
    ),
    "blank tag": ({"tags": ["a", ""]}, "tags[1]", "1 to 255"),
    "long tag": ({"tags": ["a" * 256]}, "tags[0]", "255.*256"),
    "tags as a string": ({"tags": "welcome"}, "tags", "list"),
    "metadata that is not text": ({"metadata": {"a": None}}, "metadata.a", "must be text"),
    "long metadata key": ({"metadata": {"k" * 250: "v"}}, f"metadata.{'k' * 250}", "246"),
    "tags that are one in SES": ({"tags": ["wel come", "wel_come"]}, "tags[1]", "wel_come in SES"),
    "metadata that is one in SES": (
        {"metadata": {"order id": "1", "order_id": "2"}},
        "metadata.order_id",
        "metadata_order_id in SES, like metadata.order id",
    ),
    "tag like metadata": (
        {"tags": ["metadata_a"], "metadata": {"a": "1"}},
        "metadata.a",
        r"like tags\[0\]",
    ),
    "merge metadata that is one in SES": (
        {"metadata": {"a b": "1"}, "merge_metadata": {ANNA: {"a_b": "1"}}},
        f"merge_metadata.{ANNA}.a_b",
        "metadata_a_b in SES",
    ),
    "tag of the service": ({"tags": ["email id"]}, "tags[0]", "email's id"),
    "tag of SES": ({"tags": ["ses:from-domain"]}, "tags[0]", "belong to SES"),
    "metadata of SES": ({"metadata": {"SES:source-ip": "1"}}, "metadata.SES:source-ip", "belong"),
    "feedback id without a value": ({"tags": ["ses:feedback-id-a"]}, "tags[0]", "in metadata"),
    "51 tags and metadata": (
        {"tags": [f"t{n}" for n in range(26)], "metadata": {f"m{n}": "v" for n in range(25)}},
        "tags",
        "51.*50",
    ),
    "blocked file type": (
        {"attachments": [{"filename": "run.EXE", "content": b"", "mimetype": "a/b"}]},
        "attachments[0].filename",
        r"\.exe",
    ),
    "file name with a break": (
        {"attachments": [{"filename": "a\r\n.txt", "content": b"", "mimetype": "a/b"}]},
        "attachments[0].filename",
        "line breaks",
    ),
    "file name of 256 bytes": (
        {"attachments": [{**FILE, "filename": "ä" * 128}]},
        "attachments[0].filename",
        "255 bytes.*256",
    ),
    "no MIME type": (
        {"attachments": [{"filename": "a.txt", "content": b"", "mimetype": "text"}]},
        "attachments[0].mimetype",
        "type/subtype",
    ),
    "content id with angles": (
        {
            "attachments": [
                {"filename": "a", "content": b"", "mimetype": "a/b", "content_id": "<a>"}
            ]
        },
        "attachments[0].content_id",
        "angle",
    ),
    "alternative with a template": (
        {"template_id": "t", "alternatives": [("x", "text/calendar")]},
        "alternatives",
        "cannot go with a template",
    ),
    "alternative that is no text": (
        {"alternatives": [("x", "application/ics")]},
        "alternatives[0][1]",
        "text type such as",
    ),
    "alternative of the body's type": (
        {"alternatives": [("x", "text/HTML")]},
        "alternatives[0][1]",
        "body or html_body",
    ),
    "content id twice": (
        {"attachments": [{**FILE, "content_id": "a"}, {**FILE, "content_id": "a"}]},
        "attachments[1].content_id",
        "2 times",
    ),
    "unknown character set": (
        {"attachments": [{**FILE, "charset": "x-none"}]},
        "attachments[0].charset",
        "character set such as utf-8",
    ),
    "body over 40 MB": ({"body": "ж" * 16_000_000}, "body", "96000000 bytes.*41943040"),
    "over 40 MB": (
        {"attachments": [{"filename": "a", "content": bytes(31_457_283), "mimetype": "a/b"}]},
        "attachments",
        "43046820 bytes.*41943040",
    ),
    "unknown field of an attachment": (
        {"attachments": [{**FILE, "x": 1}]},
        "attachments[0].x",
        "is not a field of an attachment",
    ),
    "attachment without content": (
        {"attachments": [{**FILE, "content": None}]},
        "attachments[0].content",
        "must be bytes or text",
    ),
    "neither true nor false": ({"escape_merge_data": "x"}, "escape_merge_data", "true or false"),
    "text that is not text": ({"subject": b"\xff"}, "subject", "must be text"),
    "unknown field": ({"bdy": "x"}, "bdy", "not a field"),
}


@pytest.mark.parametrize(("change", "field", "rule"), BROKEN.values(), ids=BROKEN)
def test_broken_rule_names_field_and_limit(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidMessageError, match=rule) as caught:
        EmailMessage(**VALID | change)

    assert field in [error.field for error in caught.value.errors]


def test_every_broken_field_is_named_at_once() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        EmailMessage(subject="a\nb", from_email="x", to=["y"], tags=[""])

    assert [e.field for e in caught.value.errors] == ["subject", "from_email", "to[0]", "tags[0]"]


LIMITS: dict[str, dict[str, Any]] = {
    "50 recipients": {"cc": [f"c{n}@x.io" for n in range(24)], "bcc": ["b@x.io"] * 25},
    "50 tags": {
        "tags": [f"t{n}" for n in range(25)],
        "metadata": {f"m{n}": "v" for n in range(25)},
    },
    "header of 997": {"headers": {"X-A": "a" * 997}},
    "template without body": {"body": "", "template_id": "welcome"},
    "the same tag twice": {"tags": ["a", "b", "a"]},
    "numbers in metadata": {"metadata": {"order": 1234}},
    "zip attached": {"attachments": [Attachment("a.zip", b"", "application/zip")]},
}


@pytest.mark.parametrize("change", LIMITS.values(), ids=LIMITS)
def test_message_at_the_limit_is_valid(change: dict[str, Any]) -> None:
    message = EmailMessage(**VALID | change)

    assert EmailMessage.from_json(message.to_json()) == message


def test_message_cannot_be_changed() -> None:
    message = EmailMessage(**VALID)

    with pytest.raises(ValueError, match="frozen"):
        setattr(message, "subject", "b")  # noqa: B010 - type checkers see it is frozen


@pytest.mark.parametrize("field", ["headers", "metadata"])
def test_mapping_of_a_message_cannot_be_changed(field: str) -> None:
    message = EmailMessage(**VALID, headers={"X-A": "1"}, metadata={"a": "1"})

    with pytest.raises(TypeError, match="frozen"):
        getattr(message, field)["X-A"] = "a\r\nBcc: b@x.io"


@pytest.mark.parametrize("field", ["configuration_set", "tenant", "return_path"])
def test_service_refuses_the_options_of_a_connection(field: str) -> None:
    value = "bounces@x.io" if field == "return_path" else "a"
    message = EmailMessage(**VALID | {field: value})

    with pytest.raises(InvalidMessageError, match=f"{field}: is decided by the service"):
        EmailRequest.from_message(message, None)
    with pytest.raises(InvalidMessageError, match=f"{field}: is decided by the service"):
        EmailRequest.from_json(message.to_json())


def test_empty_html_body_becomes_none() -> None:
    assert EmailMessage(**VALID, html_body="").html_body is None


def test_message_can_be_pickled() -> None:
    message = EmailMessage(
        **VALID, headers={"X-A": "1"}, attachments=[Attachment("a.png", b"\xff", "image/png")]
    )

    assert pickle.loads(pickle.dumps(message)) == message


def test_text_that_the_character_set_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidMessageError, match="content: has characters that iso-8859-1"):
        Attachment("a.txt", "ж", "text/plain", charset="iso-8859-1")


def test_broken_attachment_names_its_fields() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        Attachment("a.exe", b"", "x")

    assert [error.field for error in caught.value.errors] == ["filename", "mimetype"]


@pytest.mark.parametrize(
    ("arguments", "fields", "error"),
    [
        (("a", b"", "a/b", None, "x"), {}, "[4]: is not a field of an attachment"),
        (("a", b"", "a/b"), {"filename": "b"}, "filename: is given twice"),
        (("a", b"", "a/b"), {"x": 1}, "x: is not a field of an attachment"),
    ],
)
def test_attachment_refuses_unknown_arguments(
    arguments: tuple[Any, ...], fields: dict[str, Any], error: str
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        Attachment(*arguments, **fields)

    assert str(caught.value) == error


def test_invalid_key_is_refused_with_the_rule() -> None:
    with pytest.raises(InvalidMessageError, match="idempotency_key: must be 1 to 128 letters"):
        EmailRequest(**VALID, idempotency_key="a b")


def test_text_of_an_attachment_becomes_utf8() -> None:
    text: Any = "ü"

    assert Attachment("a.txt", text, "text/plain").content == "ü".encode()


@given(st.binary())
def test_attachment_bytes_survive_json(content: bytes) -> None:
    message = EmailMessage(**VALID, attachments=[Attachment("a.bin", content, "a/b")])

    assert EmailMessage.from_json(message.to_json()).attachments[0].content == content


NOT_JSON = {"cut off": b'{"to":', "not UTF-8": b'"\xff"', "deep": b"[" * 100_000, "empty": b""}


@pytest.mark.parametrize("document", NOT_JSON.values(), ids=NOT_JSON)
def test_invalid_json_is_a_malformed_json_error(document: bytes) -> None:
    with pytest.raises(MalformedJSONError):
        EmailMessage.from_json(document)


def test_invalid_base64_names_the_attachment() -> None:
    document = '{"attachments": [{"filename": "a", "content": "?", "mimetype": "a/b"}]}'

    with pytest.raises(InvalidMessageError) as caught:
        EmailMessage.from_json(document)

    assert "attachments[0].content" in [error.field for error in caught.value.errors]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(sorted(EmailMessage.model_fields))


@given(st.dictionaries(FIELDS, JSON))
def test_any_fields_make_a_message_or_a_typed_error(fields: dict[str, Any]) -> None:
    try:
        message = EmailMessage(**VALID | fields)
    except InvalidMessageError:
        return
    assert EmailMessage.from_json(message.to_json()) == message
