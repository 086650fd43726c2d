"""POST /emails: requests and results."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from tests.unit.send_email.api_client import Api, Handle, read
from tests.unit.send_email.bodies import ANNA, BEN, EMAIL, email, merged
from tests.unit.send_email.fakes import FakeSES, ListQueue


def test_accepted_email_gets_200_with_all_recipients(api: Api) -> None:
    response = api.post(email(to=[ANNA, BEN]))

    assert response.status == 200
    assert response.content["is_success"] is True
    assert response.content["state"] == "accepted"
    assert response.content["message_id"] == "ses-1"
    assert [recipient["address"] for recipient in response.content["recipients"]] == [ANNA, BEN]


def test_email_without_a_good_recipient_gets_422_with_ses_text(api: Api, ses: FakeSES) -> None:
    ses.respond(ANNA, SendState.REJECTED, code="MessageRejected")

    response = api.post(EMAIL)

    assert response.status == 422
    assert response.content["is_success"] is False
    (recipient,) = response.content["recipients"]
    assert (recipient["error_code"], recipient["error_message"]) == ("MessageRejected", "text")


def test_email_with_one_good_recipient_gets_200(api: Api, ses: FakeSES) -> None:
    ses.respond(BEN, SendState.REJECTED)

    response = api.post(merged(ANNA, BEN))

    assert (response.status, response.content["is_success"]) == (200, False)
    assert response.content["state"] == "rejected"


def test_throttled_email_gets_202_and_is_queued(api: Api, ses: FakeSES, queue: ListQueue) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)

    response = api.post(EMAIL)

    assert response.status == 202
    assert response.content["state"] == "queued"
    assert response.headers["location"] == f"/emails/{response.content['email_id']}"
    assert len(queue.entries) == 1


@pytest.mark.parametrize("wish", ["respond-async", "respond-async, wait=10", "x; Respond-Async"])
def test_respond_async_gets_202_before_the_email_is_sent(
    api: Api, ses: FakeSES, queue: ListQueue, wish: str
) -> None:
    response = api.post(EMAIL, prefer=wish)

    assert (response.status, len(queue.entries), len(ses.sent)) == (202, 1, 0)


def test_more_than_50_recipients_get_202(api: Api, queue: ListQueue) -> None:
    response = api.post(merged(*(f"p{number}@example.com" for number in range(51))))

    assert (response.status, len(queue.entries)) == (202, 2)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (email(to="anna@example.com"), "to"),
        (email(to=["anna(at)example.com"]), "to[0]"),
        (email(subject="a\nb"), "subject"),
        (email(colour="red"), "colour"),
        (email(attachments=[{"filename": "a.txt", "content": "%", "mimetype": "text/plain"}]),
         "attachments[0].content"),
        (email(idempotency_key="no spaces"), "idempotency_key"),
        ([], "(body)"),
        (None, "(body)"),
    ],
    ids=["bare text", "address", "header injection", "unknown", "base64", "key", "list", "null"],
)  # fmt: skip
def test_invalid_field_gets_422_with_its_name(
    api: Api, ses: FakeSES, content: Any, field: str
) -> None:
    response = api.post(content)

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == [field]
    assert response.content["detail"][0]["rule"]
    assert not ses.sent


@pytest.mark.parametrize(
    "body", ["", "{", '{"a": 1} x', "[" * 100_000], ids=["empty", "half", "more", "deep"]
)
@pytest.mark.parametrize("path", ["/emails", "/emails/batch"])
def test_malformed_json_gets_400(api: Api, path: str, body: str) -> None:
    assert api("POST", path, body).status == 400


@pytest.mark.parametrize("body", ["abc", "{}{}"], ids=["padding", "alphabet"])
def test_malformed_base64_gets_400(handle: Handle, body: str) -> None:
    event = {
        "version": "2.0",
        "rawPath": "/emails",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/emails"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": True,
    }

    response = read(handle(event))

    assert (response.status, response.content["message"]) == (400, "The body is not valid base64.")


def test_bytes_that_are_not_utf8_get_400(api: Api, handle: Handle) -> None:
    event = {
        "rawPath": "/emails",
        "headers": {"Content-Type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/emails"}, "stage": "$default"},
        "body": base64.b64encode(b'{"body": "\xff"}').decode(),
        "isBase64Encoded": True,
    }

    assert read(handle(event)).status == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("application/vnd.api+json", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("", 415),
    ],
)
def test_only_json_is_accepted(api: Api, content_type: str, status: int) -> None:
    assert api.post(EMAIL, content_type=content_type).status == status


ROLE = "arn:aws:sts::123456789012:assumed-role/Send"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDeniedException", f"User `{ROLE}' is not authorized to perform `ses:SendEmail'"),
        ("UnrecognizedClientException", "The security token included in the request is invalid."),
        ("NewCode", f"{ROLE} is on fire"),
    ],
)
def test_error_text_about_our_account_is_redacted(
    api: Api, ses: FakeSES, code: str, text: str
) -> None:
    ses.results[ANNA] = RecipientStatus(ANNA, SendState.FAILED, None, code, text)

    response = api.post(EMAIL)
    email_id = response.content["email_id"]

    for shown in (response, api("GET", f"/emails/{email_id}")):
        (recipient,) = shown.content["recipients"]
        assert recipient["error_code"] == code
        assert (
            recipient["error_message"]
            == "The service is not set up to send this. Its operator can see why."
        )
