"""Requests that are repeated."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from amsdal_mail.message.attachment import LARGE_FILE, Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import SendState
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, EMAIL, email
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import Clock, FakeSES
from tests.unit.send_email.jobs import job_of


@pytest.mark.parametrize("key", ["order-1", '"order-1"', " order-1 "])
def test_key_in_the_header_becomes_the_email_id(api: Api, key: str) -> None:
    assert api.post(EMAIL, idempotency_key=key).content["email_id"] == "order-1"


def test_key_in_the_body_becomes_the_email_id(api: Api) -> None:
    assert api.post(email(idempotency_key="order-1")).content["email_id"] == "order-1"


def test_two_different_keys_are_invalid(api: Api) -> None:
    response = api.post(email(idempotency_key="order-1"), idempotency_key="order-2")

    assert (response.status, response.content["detail"][0]["field"]) == (422, "idempotency_key")


@pytest.mark.parametrize("key", ["", "a b", "ü", "-a", "a" * 129, "a/b"])
def test_key_must_be_a_valid_email_id(api: Api, key: str) -> None:
    response = api.post(EMAIL, idempotency_key=key)

    assert (response.status, response.content["detail"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("state", [SendState.ACCEPTED, SendState.REJECTED])
def test_repeated_request_gets_the_first_response(api: Api, ses: FakeSES, state: SendState) -> None:
    ses.respond(ANNA, state)
    first = api.post(EMAIL, idempotency_key="k")
    ses.results.clear()

    repeated = api.post(EMAIL, idempotency_key="k")

    assert (repeated.status, repeated.content) == (first.status, first.content)
    assert repeated.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(ses.sent) == 1


def test_key_of_another_request_gets_409(api: Api, ses: FakeSES) -> None:
    api.post(EMAIL, idempotency_key="k")

    response = api.post(email(body="Another"), idempotency_key="k")

    assert response.status == 409
    assert "retry-after" not in response.headers
    assert len(ses.sent) == 1


def test_key_in_progress_gets_409_with_the_rest_of_the_lease(
    api: Api, ses: FakeSES, clock: Clock
) -> None:
    responses = []

    def repeat() -> None:
        clock.forward(0.5)
        responses.append(api.post(EMAIL, idempotency_key="k"))

    ses.before = repeat

    api.post(EMAIL, idempotency_key="k")

    assert responses[0].status == 409
    assert responses[0].headers["retry-after"] == str(TIMEOUTS.lost_response)


@pytest.mark.parametrize("charset", [None, "utf-8"])
def test_fingerprint_of_a_large_file_is_that_of_its_json(charset: str | None) -> None:
    file = Attachment("a.txt", b"text\xff" * LARGE_FILE, "text/plain", charset=charset)
    small = Attachment("b.txt", b"text", "text/plain")
    message = EmailMessage(
        from_email="a@example.com", to=["b@example.com"], body="b", attachments=[small, file]
    )

    fields = message.model_dump(mode="json", exclude_defaults=True)
    document = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    assert job_of("k", message).fingerprint == sha256(document).hexdigest()
