"""Every sample request and record goes through the handler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.envelope import open_envelope
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from tests.sample_events import load, names
from tests.unit.send_email.api_client import Handle, read
from tests.unit.send_email.fakes import FakeSES, ListQueue

STATUS = {
    "api/get_email": 404,
    "api/get_suppression": 404,
    "api/delete_suppression": 404,
    "api/get_openapi": 200,
    "api/get_docs": 200,
    "api/invalid": 422,
    "api/malformed_json": 400,
    "api/not_json": 415,
    "api/respond_async": 202,
}
REJECTED = {"send_email/invalid", "send_email/malformed_json"}


@pytest.mark.parametrize("name", names("api"))
def test_sample_request_gets_its_status(name: str, handle: Handle, ses: FakeSES) -> None:
    response = read(handle(load(name)))

    assert response.status == STATUS.get(name, 200), response.content
    if name in STATUS:
        assert not ses.sent
    elif "emails" not in response.content:
        assert response.content["is_success"]
        assert ses.tags == [{"email_id": response.content["email_id"]}]


def test_sample_batch_has_a_response_for_each_email(handle: Handle) -> None:
    response = read(handle(load("api/batch")))

    assert [entry["status"] for entry in response.content["emails"]] == [200, 200, 422]


def test_idempotency_key_of_the_sample_becomes_the_email_id(handle: Handle) -> None:
    event = load("api/plain")

    first, repeated = read(handle(event)), read(handle(event))

    assert first.content["email_id"] == event["headers"]["idempotency-key"]
    assert repeated.content == first.content
    assert repeated.headers["idempotency-replayed"] == "true"


def test_sent_sample_can_be_read(handle: Handle) -> None:
    request = load("api/get_email")
    read(handle(load("api/plain")))

    email = read(handle(request)).content

    assert email["email_id"] == request["pathParameters"]["email_id"]
    assert email["state"] == "accepted"
    assert email["email"]["metadata"] == {"order_id": "1234", "campaign": "q1-billing"}


@pytest.mark.parametrize("name", names("send_email"))
def test_sample_record_is_finished(name: str, handle: Handle, store: MemoryEmailStore) -> None:
    batch = load(name)

    assert handle(batch) == {"batchItemFailures": []}
    for record in batch["Records"]:
        view = store.load(email_id(record))
        assert view is not None
        bad = name in REJECTED or "(at)" in record["body"]
        assert view.state is (EmailState.REJECTED if bad else EmailState.ACCEPTED)


@pytest.mark.parametrize("name", sorted(set(names("send_email")) - REJECTED))
def test_sample_record_delivered_twice_is_sent_once(
    name: str, handle: Handle, ses: FakeSES, queue: ListQueue
) -> None:
    handle(load(name))
    sent = len(ses.sent)

    handle(load(name))

    assert len(ses.sent) == sent > 0
    assert not queue.entries


def email_id(record: dict[str, Any]) -> str:
    notes, request = open_envelope(record["body"])
    try:
        return notes.get("email_id") or str(json.loads(request)["idempotency_key"])
    except (ValueError, KeyError):
        return str(record["messageId"])
