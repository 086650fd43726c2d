"""The errors of a refused send: status, code and exact text."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.contract.ses_simulator.running import SIMPLE, WELCOME, Simulator, raw, template, to


def with_header(*names: str) -> dict[str, Any]:
    headers = [{"Name": name, "Value": "x"} for name in names]
    return {"Simple": {**SIMPLE["Simple"], "Headers": headers}}


BAD = "BadRequestException"
RULE = "only alphanumeric ASCII characters, '_',  '-' are allowed."
REFUSALS = {
    "too many recipients": (
        {"Destination": to(*(f"r{n}@example.com" for n in range(51)))},
        (400, BAD, "Recipient count exceeds 50."),
    ),
    "bad recipient": (
        {"Destination": to("a b@example.com")},
        (400, BAD, "Local address contains control or whitespace"),
    ),
    "bad reply-to": ({"ReplyToAddresses": ["a@"]}, (400, BAD, "Missing domain")),
    "tag name": (
        {"EmailTags": [{"Name": "metadata:order_id", "Value": "1"}]},
        (400, BAD, f"Invalid tag name <metadata:order_id>: {RULE}"),
    ),
    "set missing": (
        {"ConfigurationSetName": "X"},
        (404, "NotFoundException", "Configuration set <X> does not exist."),
    ),
    "template missing": (
        {"Content": template(TemplateName="X")},
        (404, "NotFoundException", "Template X does not exist"),
    ),
    "no template data": (
        {"Content": {"Template": {"TemplateName": "welcome"}}},
        (400, BAD, "The template data is invalid"),
    ),
    "template data an array": (
        {"Content": template(TemplateData="[]")},
        (400, BAD, "The template data is invalid"),
    ),
    "template without sender": (
        {"FromEmailAddress": "", "Content": template()},
        (400, BAD, "Source cannot be empty"),
    ),
    "inline block helper": (
        {
            "Content": {
                "Template": {
                    "TemplateContent": {"Subject": "s", "Text": "{{#if a}}x{{/if}}"},
                    "TemplateData": "{}",
                }
            }
        },
        (400, BAD, "Template contains unsupported operations."),
    ),
    "raw without from": (
        {"FromEmailAddress": "", "Content": raw("To: a@b.c\r\n\r\nx")},
        (400, BAD, "Missing required header 'From'."),
    ),
    "raw header twice": (
        {"Content": raw("From: a@b.c\r\nSubject: a\r\nSubject: b\r\n\r\nx")},
        (400, BAD, "Duplicate header 'Subject'."),
    ),
    "simple header twice": (
        {"Content": with_header("List-Unsubscribe", "list-unsubscribe")},
        (400, BAD, "Duplicate header 'list-unsubscribe'."),
    ),
    "header that ses writes": (
        {"Content": with_header("Subject")},
        (400, BAD, "Duplicate header 'Subject'."),
    ),
}


@pytest.mark.parametrize(("arguments", "refusal"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_send_has_the_text_of_aws(
    simulator: Simulator, arguments: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)

    assert simulator.refusal(**arguments) == refusal
    assert simulator.control("GET", "/messages") == {"messages": []}


def test_missing_sender_of_simple_content_has_no_error_text(simulator: Simulator) -> None:
    status, code, _text = simulator.refusal(FromEmailAddress="")

    assert (status, code) == (400, BAD)


def test_invalid_json_is_a_serialization_exception(simulator: Simulator) -> None:
    request = urllib.request.Request(
        f"{simulator.url}/v2/email/outbound-emails", b"{", method="POST"
    )

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    with refused.value as response:
        assert response.code == 400
        assert response.headers["x-amzn-ErrorType"] == "SerializationException"
