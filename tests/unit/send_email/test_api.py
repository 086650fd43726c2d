from __future__ import annotations

import base64
import json
from typing import Any, NoReturn

import pytest

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.records import EventRecord, RecipientRecord
from email_store.states import EmailState
from email_store.store import RecordTooLargeError, StoreError
from send_email.sending.errors import QueueError
from tests.unit.send_email.bodies import ANNA, BEN, EMAIL, email, merged
from tests.unit.send_email.conftest import NOW, Api, FakeSES, Handle, ListQueue, read

# POST /emails


def test_an_email_taken_by_ses_is_answered_200_with_every_recipient(api: Api) -> None:
    answer = api.post(email(to=[ANNA, BEN]))

    assert answer.status == 200
    assert answer.content["is_success"] is True
    assert answer.content["state"] == "accepted"
    assert answer.content["message_id"] == "ses-1"
    assert [one["address"] for one in answer.content["recipients"]] == [ANNA, BEN]


def test_an_email_nobody_gets_is_answered_422_with_ses_own_words(api: Api, ses: FakeSES) -> None:
    ses.answer(ANNA, SendState.REJECTED, code="MessageRejected")

    answer = api.post(EMAIL)

    assert answer.status == 422
    assert answer.content["is_success"] is False
    (recipient,) = answer.content["recipients"]
    assert (recipient["error_code"], recipient["error_message"]) == ("MessageRejected", "text")


def test_an_email_somebody_gets_is_answered_200(api: Api, ses: FakeSES) -> None:
    ses.answer(BEN, SendState.REJECTED)

    answer = api.post(merged(ANNA, BEN))

    assert (answer.status, answer.content["is_success"]) == (200, False)
    assert answer.content["state"] == "rejected"


def test_a_throttled_email_is_answered_202_and_goes_on_the_queue(
    api: Api, ses: FakeSES, queue: ListQueue
) -> None:
    ses.answer(ANNA, SendState.FAILED, RetryHint.SOON)

    answer = api.post(EMAIL)

    assert answer.status == 202
    assert answer.content["state"] == "queued"
    assert answer.headers["location"] == f"/emails/{answer.content['email_id']}"
    assert len(queue.entries) == 1


@pytest.mark.parametrize("wish", ["respond-async", "respond-async, wait=10", "x; Respond-Async"])
def test_who_prefers_it_is_answered_before_the_email_is_sent(
    api: Api, ses: FakeSES, queue: ListQueue, wish: str
) -> None:
    answer = api.post(EMAIL, prefer=wish)

    assert (answer.status, len(queue.entries), len(ses.sent)) == (202, 1, 0)


def test_more_than_50_recipients_are_answered_202(api: Api, queue: ListQueue) -> None:
    answer = api.post(merged(*(f"p{number}@example.com" for number in range(51))))

    assert (answer.status, len(queue.entries)) == (202, 2)


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
def test_a_broken_rule_is_answered_422_with_the_name_of_the_field(
    api: Api, ses: FakeSES, content: Any, field: str
) -> None:
    answer = api.post(content)

    assert answer.status == 422
    assert [one["field"] for one in answer.content["detail"]] == [field]
    assert answer.content["detail"][0]["rule"]
    assert not ses.sent


@pytest.mark.parametrize(
    "body", ["", "{", '{"a": 1} x', "[" * 100_000], ids=["empty", "half", "more", "deep"]
)
@pytest.mark.parametrize("path", ["/emails", "/emails/batch"])
def test_what_is_no_json_is_answered_400(api: Api, path: str, body: str) -> None:
    assert api("POST", path, body).status == 400


@pytest.mark.parametrize("body", ["abc", "{}{}"], ids=["padding", "alphabet"])
def test_a_body_said_to_be_base64_that_is_none_is_answered_400(handle: Handle, body: str) -> None:
    event = {
        "version": "2.0",
        "rawPath": "/emails",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/emails"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": True,
    }

    answer = read(handle(event))

    assert (answer.status, answer.content["message"]) == (400, "The body is not valid base64.")


def test_bytes_that_are_no_text_are_answered_400(api: Api, handle: Handle) -> None:
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
def test_only_json_is_taken(api: Api, content_type: str, status: int) -> None:
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
def test_what_aws_says_of_our_account_is_not_for_callers(
    api: Api, ses: FakeSES, code: str, text: str
) -> None:
    ses.answers[ANNA] = RecipientStatus(ANNA, SendState.FAILED, None, code, text)

    answer = api.post(EMAIL)
    email_id = answer.content["email_id"]

    for told in (answer, api("GET", f"/emails/{email_id}")):
        (one,) = told.content["recipients"]
        assert one["error_code"] == code
        assert (
            one["error_message"]
            == "The service is not set up to send this. Its operator can see why."
        )


# Trouble


def test_without_the_queue_the_answer_is_503_and_the_request_can_be_repeated(
    api: Api, queue: ListQueue
) -> None:
    queue.raises = [QueueError("https://sqs/secret-name")]
    answer = api.post(EMAIL, prefer="respond-async", idempotency_key="k")

    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "secret-name" not in json.dumps(answer.content)
    assert api.post(EMAIL, prefer="respond-async", idempotency_key="k").status == 202


def test_a_request_without_a_key_can_be_made_again_with_the_id_it_was_given(
    api: Api, queue: ListQueue, ses: FakeSES
) -> None:
    ses.answer(BEN, SendState.FAILED, RetryHint.SOON)
    queue.raises = [QueueError()]
    request = merged(ANNA, BEN)

    failed = api.post(request)
    ses.answers.clear()
    again = api.post(request, idempotency_key=failed.content["email_id"])

    assert (failed.status, again.status) == (503, 200)
    assert ses.addresses == [[ANNA, BEN], [BEN]]


def test_an_answer_of_ses_that_the_table_misses_is_told_all_the_same(
    api: Api, store: MemoryEmailStore, ses: FakeSES, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_answer(*_args: object) -> NoReturn:
        raise StoreError("no answer")

    store.settle = no_answer  # type: ignore[assignment, method-assign]

    answer = api.post(EMAIL)

    assert (answer.status, answer.content["state"]) == (200, "accepted")
    assert "ResultNotStoredError" in capsys.readouterr().out


@pytest.mark.parametrize("to", [[ANNA], [f"p{number}@example.com" for number in range(51)]])
def test_what_is_too_large_for_the_queue_is_answered_413_and_leaves_no_trace(
    api: Api, store: MemoryEmailStore, queue: ListQueue, to: list[str]
) -> None:
    wish = {"prefer": "respond-async", "Idempotency_Key": "order-1"}

    answer = api.post(merged(*to) | {"body": "x" * SQS_SIZE_LIMIT}, **wish)

    assert answer.status == 413
    assert store.load("order-1") is None
    assert not queue.entries
    assert api.post(merged(*to), **wish).status == 202


@pytest.mark.parametrize("wish", ["", "respond-async"], ids=["sync", "async"])
def test_what_is_too_large_for_the_table_is_answered_422(
    api: Api, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RecordTooLargeError("Item size has exceeded the maximum allowed size")

    monkeypatch.setattr(store, "claim", refuse)
    monkeypatch.setattr(store, "register", refuse)

    answer = api.post(EMAIL, prefer=wish)

    assert answer.status == 422
    assert [one["field"] for one in answer.content["detail"]] == ["(body)"]


def test_a_bug_is_answered_500_in_json_without_its_text(api: Api, ses: FakeSES) -> None:
    ses.raises = [RuntimeError(ANNA)]

    answer = api.post(EMAIL)

    assert (answer.status, answer.content["detail"]) == (500, [])
    assert ANNA not in str(answer.content)


def test_a_bug_in_one_email_of_a_batch_leaves_the_others_alone(api: Api, ses: FakeSES) -> None:
    ses.raises = [RuntimeError(ANNA)]

    answer = api("POST", "/emails/batch", {"emails": [EMAIL] * 3})

    assert sorted(one["status"] for one in answer.content["emails"]) == [200, 200, 500]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/emails"), ("DELETE", "/emails/k")]
)
def test_an_unknown_route_is_answered_404_as_the_gateway_does(
    api: Api, method: str, path: str
) -> None:
    answer = api(method, path)

    assert (answer.status, answer.content["message"]) == (404, "Route not found.")


# GET /emails/{email_id}


def test_an_email_is_shown_with_what_ses_told_later(api: Api, store: MemoryEmailStore) -> None:
    api.post(email(tags=["welcome"]), idempotency_key="k")
    bounce = RecipientRecord(
        email_id="k", address=ANNA, state=EmailState.BOUNCED, at=NOW, message_id="ses-1",
        error_code="Permanent/NoEmail",
    )  # fmt: skip
    store.advance_recipient(bounce, now=NOW)
    event = EventRecord(
        email_id="k", event_id="e", kind="bounce", at=NOW, message_id="ses-1", recipient=ANNA,
        details={"type": "Permanent"}, raw={"eventType": "Bounce"},
    )  # fmt: skip
    store.add_event(event, now=NOW)

    found = api("GET", "/emails/k").content

    assert found["state"] == "bounced"
    assert found["counts"] == {"bounced": 1}
    assert found["recipients"][0]["error_code"] == "Permanent/NoEmail"
    assert found["timeline"] == [
        {
            "at": "2026-02-27T10:15:31+00:00",
            "kind": "bounce",
            "recipient": ANNA,
            "message_id": "ses-1",
            "details": {"type": "Permanent"},
        }
    ]
    assert found["email"]["tags"] == ["welcome"]
    assert found["email"]["subject"] == "Hi"


def test_mail_that_only_events_know_is_shown_without_a_record(
    api: Api, store: MemoryEmailStore
) -> None:
    seen = RecipientRecord(
        email_id="ses-0100", address=ANNA, state=EmailState.OPENED, at=NOW, message_id="0100"
    )
    store.advance_recipient(seen, now=NOW)

    found = api("GET", "/emails/ses-0100").content

    assert (found["state"], found["email"]) == ("opened", None)


def test_an_unknown_email_is_answered_404(api: Api) -> None:
    answer = api("GET", "/emails/nobody")

    assert (answer.status, answer.content["message"]) == (404, "Email not found.")


@pytest.mark.parametrize("email_id", ["a" * 3000, ".a", "a|b", "a@b"])
def test_an_id_that_none_can_have_is_answered_404_without_asking_the_table(
    api: Api, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch, email_id: str
) -> None:
    monkeypatch.setattr(store, "load", pytest.fail)

    assert api("GET", f"/emails/{email_id}").status == 404
