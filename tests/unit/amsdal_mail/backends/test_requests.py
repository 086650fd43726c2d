"""SESv2 requests of an EmailMessage, compared with the SDK's model of SES."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from email.utils import formataddr
from typing import Any

import pytest
from botocore.validate import ParamValidator

from amsdal_mail import Attachment, EmailMessage, InvalidMessageError
from amsdal_mail.addresses import parse_address
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import SESRequest
from amsdal_mail.backends.ses.tags import message_tags, sanitize_tags
from tests.unit.amsdal_mail.backends.responses import SES_MODEL

BASE: dict[str, Any] = {
    "subject": "Hallo Jörg",
    "body": "text",
    "html_body": "<b>html</b>",
    "from_email": "Café <orders@example.com>",
    "to": ["Jörg <joerg@münchen.de>"],
    "cc": ["cc@x.io"],
    "bcc": ["bcc@x.io"],
    "reply_to": ["reply@x.io"],
    "headers": {"X-Entity-Ref": "1234", "X-Greeting": "Grüße"},
    "attachments": [
        Attachment("a.txt", b"text", "text/plain"),
        Attachment("logo.png", b"\x89PNG", "image/png", "logo"),
    ],
}
OPTIONS: dict[str, Any] = {
    "configuration_set": "my-set",
    "return_path": "bounces@münchen.de",
    "from_identity_arn": "arn:aws:ses:eu-west-1:123456789012:identity/x.io",
    "tenant": "shop-1",
    "endpoint_id": "abcdef.123",
}
KINDS: dict[str, dict[str, Any]] = {
    "simple": {},
    "raw": {"headers": {f"X-{n}": "a" for n in range(16)}},
    "template": {"template_id": "welcome", "merge_global_data": {"a": 1}},
    "inline template": {"merge_global_data": {"a": 1}},
    "bulk": {"template_id": "welcome", "merge_data": {}},
    "merge headers and metadata": {
        "merge_headers": {"joerg@münchen.de": {"List-Unsubscribe": "<https://x.io/u/1>"}},
        "merge_metadata": {"joerg@münchen.de": {"customer": 1}},
    },
    "options of SES": OPTIONS,
    "options of SES, bulk": {**OPTIONS, "merge_data": {}},
    "inline bulk": {"merge_data": {"joerg@münchen.de": {"name": "J"}}},
}


def requests(**change: Any) -> list[SESRequest]:
    return build_requests(EmailMessage(**BASE | change), "my-set", SES_MODEL)


def params(**change: Any) -> dict[str, Any]:
    (request,) = requests(**change)
    return dict(request.call({"t": "true"}).params)


@pytest.mark.parametrize("change", KINDS.values(), ids=KINDS)
def test_parameters_fit_the_service_model(change: dict[str, Any]) -> None:
    (request,) = requests(**change)
    call = request.call({"t": "true"})
    shape = SES_MODEL.operation_model(
        {"send_email": "SendEmail", "send_bulk_email": "SendBulkEmail"}[call.operation]
    ).input_shape
    assert shape is not None

    report = ParamValidator().validate(call.params, shape)

    assert not report.has_errors(), report.generate_report()
    assert call.params["ConfigurationSetName"] == "my-set"
    assert call.params["FromEmailAddress"] == "=?utf-8?b?Q2Fmw6k=?= <orders@example.com>"


def test_plain_message_is_simple_content() -> None:
    call = params()

    simple = call["Content"]["Simple"]
    assert call["Destination"] == {
        "ToAddresses": ["=?utf-8?b?SsO2cmc=?= <joerg@xn--mnchen-3ya.de>"],
        "CcAddresses": ["cc@x.io"],
        "BccAddresses": ["bcc@x.io"],
    }
    assert call["ReplyToAddresses"] == ["reply@x.io"]
    assert call["EmailTags"] == [{"Name": "t", "Value": "true"}]
    assert simple["Subject"] == {"Data": "Hallo Jörg", "Charset": "UTF-8"}
    assert simple["Body"]["Html"]["Data"] == "<b>html</b>"
    assert simple["Headers"][1] == {"Name": "X-Greeting", "Value": "=?utf-8?b?R3LDvMOfZQ==?="}
    assert simple["Attachments"][1]["ContentDisposition"] == "INLINE"
    assert simple["Attachments"][1]["ContentId"] == "logo"


def test_phrase_of_a_list_id_is_encoded_alone() -> None:
    headers = {"List-ID": "Größe <a.x.io>"}
    simple = params(headers=headers, attachments=[])["Content"]["Simple"]
    template = params(headers=headers, template_id="t")["Content"]["Template"]

    encoded = [{"Name": "List-ID", "Value": "=?utf-8?b?R3LDtsOfZQ==?= <a.x.io>"}]
    assert simple["Headers"] == template["Headers"] == encoded


def test_file_name_is_the_same_with_and_without_a_template() -> None:
    change = {"attachments": [Attachment("Größe.txt", "ü", "text/plain")]}
    simple = params(**change)["Content"]["Simple"]["Attachments"]
    template = params(**change, template_id="t")["Content"]["Template"]["Attachments"]

    assert simple == template
    assert simple[0]["FileName"] == "Größe.txt"
    assert simple[0]["ContentType"] == "text/plain; charset=utf-8"


def test_repeated_header_of_a_template_has_an_entry_a_value() -> None:
    template = params(template_id="t", headers={"X-A": ["1", "2"]})["Content"]["Template"]

    assert template["Headers"] == [{"Name": "X-A", "Value": "1"}, {"Name": "X-A", "Value": "2"}]


FIELDS_WITH_ADDRESSES = ["from_email", "to", "cc", "bcc", "reply_to", "merge_data"]


@pytest.mark.parametrize("text", ["Doe, Jörg <jo@x.io>", formataddr(("Doe, Jörg", "jo@x.io"))])
@pytest.mark.parametrize("field", FIELDS_WITH_ADDRESSES)
def test_address_is_one_recipient_with_its_name_encoded_once(field: str, text: str) -> None:
    change: dict[str, Any] = {field: text if field == "from_email" else [text]}
    if field == "merge_data":
        change = {"to": [text], "merge_data": {text: {}}}
    message = EmailMessage(**BASE | change)
    message = EmailMessage.from_json(message.to_json())
    (request,) = build_requests(message, None, SES_MODEL)
    sent = json.dumps(request.call({}).params, default=repr)

    assert sent.count(f'"{parse_address(text)}"') == 1
    assert parse_address(text).display_name == "Doe, Jörg"
    assert sent.count("jo@x.io") == 1


def test_html_without_text_has_no_text_part() -> None:
    assert set(params(body="")["Content"]["Simple"]["Body"]) == {"Html"}


RAW: dict[str, dict[str, Any]] = {
    "16 headers": {"headers": {f"X-{n}": "a" for n in range(16)}},
    "long header": {"headers": {"X-A": "a " * 500}},
    "empty header": {"headers": {"X-A": ""}},
    "repeated header": {"headers": {"X-A": ("1", "2")}},
    "alternative": {"alternatives": [("x", "text/calendar; method=REQUEST")]},
}


@pytest.mark.parametrize("change", RAW.values(), ids=RAW)
def test_message_beyond_simple_content_goes_as_mime(change: dict[str, Any]) -> None:
    call = params(**change)

    raw = call["Content"]["Raw"]["Data"]
    mime = message_from_bytes(raw, policy=default)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert mime["Subject"] == "Hallo Jörg"
    assert mime["Reply-To"] == "reply@x.io"
    assert mime["Bcc"] is None
    assert call["Destination"]["BccAddresses"] == ["bcc@x.io"]
    assert "ReplyToAddresses" not in call
    attachments = change.get("attachments", ())
    for name, value in change.get("headers", {}).items():
        if isinstance(value, tuple):
            assert mime.get_all(name) == list(value)
        else:
            assert mime[name].split() == value.split()
    for attachment, part in zip(attachments, mime.iter_attachments(), strict=False):
        assert part.get_filename() == attachment.filename
        assert part.get_content() == attachment.content


def test_mime_parts_nest_as_mail_programs_expect() -> None:
    call = params(headers={f"X-{n}": "a" for n in range(16)})

    mime = message_from_bytes(call["Content"]["Raw"]["Data"], policy=default)

    assert [part.get_content_type() for part in mime.walk()] == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "text/plain",
    ]


def test_template_without_merge_data_is_one_send_email() -> None:
    call = params(template_id="welcome", body="", merge_global_data={"year": 2026})

    template = call["Content"]["Template"]
    assert template["TemplateName"] == "welcome"
    assert json.loads(template["TemplateData"]) == {"year": 2026}
    assert len(template["Headers"]) == len(template["Attachments"]) == 2


def test_template_without_values_gets_an_empty_object() -> None:
    assert params(template_id="welcome")["Content"]["Template"]["TemplateData"] == "{}"


def test_merge_data_makes_one_bulk_entry_for_each_recipient() -> None:
    call = params(
        template_id="welcome",
        to=["a@x.io", "B <b@X.io>"],
        merge_global_data={"plan": "Free", "year": 2026},
        merge_data={"b@x.IO": {"plan": "Pro"}},
    )

    entries = call["BulkEmailEntries"]
    data = [
        json.loads(
            entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
        )
        for entry in entries
    ]
    assert [entry["Destination"]["ToAddresses"] for entry in entries] == [
        ["a@x.io"],
        ["B <b@x.io>"],
    ]
    assert all(entry["Destination"]["CcAddresses"] == ["cc@x.io"] for entry in entries)
    assert data == [{"plan": "Free", "year": 2026}, {"plan": "Pro", "year": 2026}]
    assert call["DefaultEmailTags"] == [{"Name": "t", "Value": "true"}]
    assert call["DefaultContent"]["Template"]["TemplateName"] == "welcome"


def test_merge_data_without_template_makes_an_inline_template() -> None:
    call = params(subject="Hi {{name}}", merge_data={}, merge_global_data={"name": "you"})

    content = call["DefaultContent"]["Template"]["TemplateContent"]
    assert content == {"Subject": "Hi {{name}}", "Text": "text", "Html": "<b>html</b>"}


def test_bulk_calls_carry_50_entries_each() -> None:
    calls = requests(to=[f"u{n}@x.io" for n in range(120)], merge_data={})

    assert [len(request.entries) for request in calls] == [50, 50, 20]
    assert calls[2].entries[-1] == ("u119@x.io", "cc@x.io", "bcc@x.io")


def test_values_of_a_stored_template_are_escaped_on_request() -> None:
    values = {"name": "<b>", "items": [{"q": "a&b"}], "n": 1}
    stored = {"template_id": "welcome", "merge_global_data": values}

    plain = params(**stored)
    escaped = params(**stored, escape_merge_data=True)

    assert json.loads(plain["Content"]["Template"]["TemplateData"]) == values
    assert json.loads(escaped["Content"]["Template"]["TemplateData"]) == {
        "name": "&lt;b&gt;",
        "items": [{"q": "a&amp;b"}],
        "n": 1,
    }


def test_values_of_an_inline_template_are_escaped_in_html_only() -> None:
    call = params(
        subject="{{name}}",
        body="{{name}} {{n}}",
        html_body="<b>{{name}} {{{ name }}} {{ses:openTracker}}</b>",
        merge_global_data={"name": "Tom & Co", "n": 1},
        escape_merge_data=True,
    )

    template = call["Content"]["Template"]
    assert template["TemplateContent"] == {
        "Subject": "{{name}}",
        "Text": "{{name}} {{n}}",
        "Html": "<b>{{name__escaped}} {{{ name__escaped }}} {{ses:openTracker}}</b>",
    }
    assert json.loads(template["TemplateData"]) == {
        "name": "Tom & Co",
        "n": 1,
        "name__escaped": "Tom &amp; Co",
    }


MERGED: dict[str, Any] = {
    "to": ["a@x.io", "B <b@X.io>"],
    "headers": {"X-A": "all", "X-B": "all"},
    "metadata": {"order": "1", "plan": "Free"},
    "tags": ["news"],
    "merge_headers": {"b@x.io": {"x-a": "b's", "List-Unsubscribe": "<https://x.io/u/b>"}},
    "merge_metadata": {"B <b@x.io>": {"plan": "Pro"}},
}


def test_merge_headers_are_replacement_headers() -> None:
    first, second = params(**MERGED)["BulkEmailEntries"]

    assert "ReplacementHeaders" not in first
    assert second["ReplacementHeaders"] == [
        {"Name": "X-B", "Value": "all"},
        {"Name": "x-a", "Value": "b's"},
        {"Name": "List-Unsubscribe", "Value": "<https://x.io/u/b>"},
    ]


def test_merge_metadata_are_replacement_tags_with_all_others() -> None:
    message = EmailMessage(**BASE | MERGED)
    tags = message_tags(message, "metadata_")
    (request,) = build_requests(message, None, SES_MODEL, metadata_prefix="metadata_")

    call = request.call(tags, lambda own: tags | own | {"email_id": "x"}).params

    assert "DefaultEmailTags" not in call
    assert [
        {tag["Name"]: tag["Value"] for tag in entry["ReplacementTags"]}
        for entry in call["BulkEmailEntries"]
    ] == [
        {"news": "true", "metadata_order": "1", "metadata_plan": plan, "email_id": "x"}
        for plan in ("Free", "Pro")
    ]
    assert request.restrict_to([1]).entry_metadata == ({"metadata_plan": "Pro"},)


@pytest.mark.parametrize("field", ["merge_headers", "merge_metadata"])
def test_each_of_the_merge_fields_personalizes(field: str) -> None:
    message = EmailMessage(**BASE | {field: {}})

    (request,) = build_requests(message, None, SES_MODEL)

    assert message.is_personalized
    assert request.call({}).operation == "send_bulk_email"


def test_address_named_twice_gets_one_message() -> None:
    call = params(to=["A <a@x.io>", "a@X.io"], cc=["c@x.io", "a@x.io"], bcc=["c@x.io"])

    assert call["Destination"] == {"ToAddresses": ["A <a@x.io>"], "CcAddresses": ["c@x.io"]}


def test_tags_and_metadata_become_message_tags() -> None:
    message = EmailMessage(**BASE, tags=["onboarding"], metadata={"order_id": "1234"})

    tags = message_tags(message, "metadata:")

    assert tags == {"onboarding": "true", "metadata:order_id": "1234"}
    assert sanitize_tags(tags) == {"onboarding": "true", "metadata_order_id": "1234"}


def test_sanitized_tags_have_only_characters_that_ses_takes() -> None:
    sanitized = sanitize_tags({"wel come!": "true", "metadata:Größe": "1 m²", "mail": "a.b@c-d_e"})

    assert sanitized == {"wel_come_": "true", "metadata_Gr__e": "1_m_", "mail": "a.b@c-d_e"}


def test_feedback_ids_of_ses_keep_their_names() -> None:
    message = EmailMessage(**BASE, metadata={"ses:feedback-id-a": "spring sale", "order": "1"})

    tags = message_tags(message, "metadata:")

    assert tags == {"ses:feedback-id-a": "spring sale", "metadata:order": "1"}
    assert sanitize_tags(tags) == {"ses:feedback-id-a": "spring_sale", "metadata_order": "1"}


def test_request_without_tags_has_no_list_of_tags() -> None:
    changes: list[dict[str, Any]] = [{}, {"merge_data": {}}, {"merge_metadata": {}}]
    for change in changes:
        (request,) = requests(**change)
        assert "Tags" not in json.dumps(request.call({}).params, default=repr)


def test_prefix_that_makes_metadata_another_tag_is_refused() -> None:
    message = EmailMessage(**BASE, tags=["news"], metadata={"news": "1"})

    with pytest.raises(InvalidMessageError, match=r"metadata\.news: is the tag news"):
        message_tags(message, "")
    with pytest.raises(InvalidMessageError, match=r"metadata\.id: is the tag email_id"):
        message_tags(EmailMessage(**BASE, metadata={"id": "1"}), "email ")


@pytest.mark.parametrize("change", [{}, {"merge_data": {}}], ids=["plain", "bulk"])
def test_options_of_the_message_win_over_those_of_the_connection(change: dict[str, Any]) -> None:
    message = EmailMessage(**BASE | OPTIONS | change)
    connection = {"TenantName": "other", "FeedbackForwardingEmailAddress": "other@x.io"}
    (request,) = build_requests(message, "other", SES_MODEL, connection_params=connection)

    assert {
        "ConfigurationSetName": "my-set",
        "FeedbackForwardingEmailAddress": "bounces@xn--mnchen-3ya.de",
        "FromEmailAddressIdentityArn": OPTIONS["from_identity_arn"],
        "TenantName": "shop-1",
        "EndpointId": "abcdef.123",
    }.items() <= request.params.items()
