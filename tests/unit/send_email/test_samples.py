"""Every sample request and record goes through the handler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from tests.sample_events import load, names
from tests.unit.send_email.conftest import FakeSES, Handle, ListQueue, read

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
def test_every_sample_request_is_answered(name: str, handle: Handle, ses: FakeSES) -> None:
    answer = read(handle(load(name)))

    assert answer.status == STATUS.get(name, 200), answer.content
    if name in STATUS:
        assert not ses.sent
    elif "emails" not in answer.content:
        assert answer.content["is_success"]
        assert ses.tags == [{"email_id": answer.content["email_id"]}]


def test_the_sample_batch_has_an_answer_for_each_email(handle: Handle) -> None:
    answer = read(handle(load("api/batch")))

    assert [one["status"] for one in answer.content["emails"]] == [200, 200, 422]


def test_the_idempotency_key_of_the_sample_becomes_the_id(handle: Handle) -> None:
    event = load("api/plain")

    first, again = read(handle(event)), read(handle(event))

    assert first.content["email_id"] == event["headers"]["idempotency-key"]
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


def test_a_sent_sample_can_be_asked_for(handle: Handle) -> None:
    question = load("api/get_email")
    read(handle(load("api/plain")))

    found = read(handle(question)).content

    assert found["email_id"] == question["pathParameters"]["email_id"]
    assert found["state"] == "accepted"
    assert found["email"]["metadata"] == {"order_id": "1234", "campaign": "q1-billing"}


@pytest.mark.parametrize("name", names("send_email"))
def test_every_sample_record_is_done_with(
    name: str, handle: Handle, store: MemoryEmailStore
) -> None:
    batch = load(name)

    assert handle(batch) == {"batchItemFailures": []}
    for record in batch["Records"]:
        found = store.load(email_id(record))
        assert found is not None
        bad = name in REJECTED or "(at)" in record["body"]
        assert found.state is (EmailState.REJECTED if bad else EmailState.ACCEPTED)


@pytest.mark.parametrize("name", sorted(set(names("send_email")) - REJECTED))
def test_a_sample_record_delivered_twice_is_sent_once(
    name: str, handle: Handle, ses: FakeSES, queue: ListQueue
) -> None:
    handle(load(name))
    sent = len(ses.sent)

    handle(load(name))

    assert len(ses.sent) == sent > 0
    assert not queue.entries


def email_id(record: dict[str, Any]) -> str:
    if "email_id" in record["messageAttributes"]:
        return str(record["messageAttributes"]["email_id"]["stringValue"])
    try:
        return str(json.loads(record["body"])["idempotency_key"])
    except (ValueError, KeyError):
        return str(record["messageId"])
