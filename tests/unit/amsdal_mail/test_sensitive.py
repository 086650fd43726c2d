"""Sensitive email: the rules of the field, and where the content does not appear."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pydantic import ValidationError

from amsdal_mail import Attachment, EmailMessage, EmailRequest, InvalidMessageError, get_connection
from amsdal_mail.backends import memory
from amsdal_mail.sensitive import SENSITIVE_TAG

SECRET = "s3cr3t"
LINK = f"https://shop.example/reset?token={SECRET}"
PLAIN: dict[str, Any] = {
    "subject": f"Your code {SECRET}",
    "body": LINK,
    "html_body": f'<a href="{LINK}">Reset</a>',
    "headers": {"X-Reset": SECRET},
    "attachments": [Attachment(f"{SECRET}.txt", SECRET.encode(), "text/plain")],
}
FORMS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "alternatives": {"body": "b", "alternatives": [(SECRET, "text/calendar; method=REQUEST")]},
    "template": {"template_id": "reset", "merge_global_data": {"link": LINK}},
    "personalized": {
        "subject": "{{code}}",
        "body": "{{link}}",
        "merge_data": {"anna@x.io": {"code": SECRET}, "ben@x.io": {"code": SECRET}},
        "merge_global_data": {"link": LINK},
        "merge_headers": {"anna@x.io": {"X-Reset": SECRET}},
    },
}


def email(**fields: Any) -> EmailMessage:
    base: dict[str, Any] = {
        "from_email": "f@x.io",
        "to": ["anna@x.io", "ben@x.io"],
        "sensitive": True,
    }
    return EmailMessage(**base | fields)


def printed(message: EmailMessage, **options: Any) -> str:
    stream = io.StringIO()
    get_connection("console", stream=stream, **options).send_messages([message])
    return stream.getvalue()


@pytest.mark.parametrize("field", ["track_opens", "track_clicks"])
def test_tracking_of_sensitive_email_is_refused(field: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        email(**PLAIN, **{field: True})

    (error,) = caught.value.errors
    assert error.field == field
    assert "sensitive" in error.rule


def test_both_kinds_of_tracking_are_named() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        email(**PLAIN, track_opens=True, track_clicks=True)

    assert [error.field for error in caught.value.errors] == ["track_opens", "track_clicks"]


@pytest.mark.parametrize("choice", [None, False])
def test_no_tracking_goes_with_sensitive(choice: bool | None) -> None:
    assert email(**PLAIN, track_opens=choice, track_clicks=choice).sensitive


def test_sensitive_travels_as_json_and_null_is_false() -> None:
    request = EmailRequest.from_message(email(**PLAIN), "k")

    assert EmailRequest.from_json(request.to_json()).message.sensitive
    assert '"sensitive":true' in request.to_json()
    assert not email(**PLAIN | {"sensitive": None}).sensitive


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": [SENSITIVE_TAG]},
        {"tags": ["email sensitive"]},
        {"merge_data": {}, "tags": [SENSITIVE_TAG]},
    ],
    ids=["tag", "equal in SES's alphabet", "personalized"],
)
@pytest.mark.parametrize("sensitive", [False, True])
def test_tag_of_sensitive_email_cannot_be_set(fields: dict[str, Any], sensitive: bool) -> None:
    with pytest.raises(InvalidMessageError, match="the tag of sensitive email"):
        email(body="b", sensitive=sensitive, **fields)


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_repr_of_sensitive_email_has_no_content(fields: dict[str, Any]) -> None:
    message = email(**fields)

    assert SECRET not in repr(message)
    assert SECRET not in str(EmailRequest.from_message(message, "k"))
    assert "anna@x.io" in repr(message)
    assert SECRET in repr(message.replace(sensitive=False))


def test_error_about_a_field_does_not_quote_its_value() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        email(body="b", headers={"X-Reset": f"{SECRET}\n"})

    cause = caught.value.__cause__
    assert isinstance(cause, ValidationError)
    assert SECRET not in str(cause)


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_console_prints_a_note_in_place_of_the_content(fields: dict[str, Any]) -> None:
    output = printed(email(**fields))

    assert SECRET not in output
    assert "sensitive" in output
    assert "anna@x.io" in output


def test_console_prints_a_note_for_each_personalized_email() -> None:
    output = printed(email(**FORMS["personalized"]))

    assert output.count("is not shown here") == 2


@pytest.mark.parametrize("fields", [FORMS["plain"], FORMS["personalized"]], ids=["plain", "merged"])
def test_console_prints_the_content_when_it_is_asked_to(fields: dict[str, Any]) -> None:
    assert SECRET in printed(email(**fields), show_sensitive=True)


def test_memory_keeps_the_content_for_tests() -> None:
    get_connection("memory").send_messages([email(**PLAIN)])

    assert memory.outbox.pop().message.body == LINK
