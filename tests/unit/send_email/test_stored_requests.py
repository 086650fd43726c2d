"""Requests in the bucket that a producer puts there, and lost or crowded content."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from amsdal_mail.message.stored_request import StoredContent, StoredRequest
from amsdal_mail.status import RetryHint, SendState
from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.contents.s3_content_store import S3ContentStore
from send_email.queue.envelope import read_job
from send_email.queue.send_queue import SendQueue
from send_email.sending.recipients import restrict_to
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Handle
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3
from tests.unit.send_email.fakes import FakeSES
from tests.unit.send_email.jobs import ANNA, BEN
from tests.unit.send_email.test_claim_check import LONG, FakeSQS, job, state_of
from tests.unit.send_email.test_records import DONE, record


@pytest.fixture
def sqs() -> FakeSQS:
    return FakeSQS()


@pytest.fixture
def service(service: SendService, sqs: FakeSQS, contents: S3ContentStore) -> SendService:
    """The service with the real queue, in front of an SQS and an S3 in memory."""
    queue = SendQueue(sqs, dict.fromkeys(Stream, "url"), contents)  # type: ignore[arg-type]
    return replace(service, queue=queue)


def producers(s3: FakeS3, request: str, key: str = "queued/a1", **more: Any) -> str:
    """Put a request as the backend sqs does, and return the body of its message."""
    tag = s3.put(CONTENT_BUCKET, key, request.encode())
    content = StoredContent(key, len(request), tag)
    return json.dumps(json.loads(StoredRequest(content, "order-1").to_json()) | more)


def test_request_of_a_producer_is_read_and_deleted(
    service: SendService, ses: FakeSES, s3: FakeS3, handle: Handle
) -> None:
    request = json.loads(job(ANNA, body=LONG).message.to_json()) | {"idempotency_key": "order-1"}

    assert handle({"Records": [record(1, producers(s3, json.dumps(request)))]}) == DONE

    assert ses.sent[0].body == LONG
    assert s3.keys() == []


def test_missing_request_of_a_producer_is_rejected_by_its_key(
    s3: FakeS3, handle: Handle, store: MemoryEmailStore
) -> None:
    body = producers(s3, "{}")
    s3.objects.clear()

    assert handle({"Records": [record(1, body)]}) == DONE

    view = store.load("order-1")
    assert view is not None
    assert view.record is not None
    assert [error.field for error in view.record.errors] == ["stored_request"]


@pytest.mark.parametrize(
    "change",
    [
        {"stored_request": {"key": "uploads/a", "size": 1, "etag": "a"}},
        {"stored_request": {"key": "queued/../a b", "size": 1, "etag": "a"}},
        {"stored_request": {"key": "queued/a"}},
        {"stored_request": []},
        {"only": "anna"},
        {"body": "b"},
    ],
    ids=str,
)
def test_reference_that_is_wrong_is_rejected(
    s3: FakeS3, handle: Handle, store: MemoryEmailStore, change: Any
) -> None:
    assert handle({"Records": [record(1, producers(s3, "{}", **change))]}) == DONE

    assert state_of(store) is EmailState.REJECTED
    assert "GetObject" not in s3.calls


def test_text_about_a_reference_is_no_reference(contents: S3ContentStore) -> None:
    request = job(ANNA, body='{"stored_request": {"key": "queued/a"}}').message.to_json()

    assert read_job("record-1", request, contents).message.body.startswith('{"stored_request"')


def test_record_without_room_goes_back_with_its_id(
    service: SendService, sqs: FakeSQS, s3: FakeS3, ses: FakeSES, handle: Handle
) -> None:
    body = producers(s3, job(ANNA, body=LONG).message.to_json())
    service.enqueue(replace(job(BEN, body=LONG), email_id="order-2"))
    (queued,) = sqs.take()

    gate = service.heavy_emails
    with gate.room(0), gate.room(0):
        assert handle({"Records": [record(1, body), record(2, queued)]}, remaining=1) == DONE
    again = sqs.take()

    assert (len(again), ses.sent, len(s3.keys())) == (2, [], 2)
    handle({"Records": [record(number, text) for number, text in enumerate(again, 3)]})
    assert sorted(tags["email_id"] for tags in ses.tags) == ["order-2", "record-1"]


def test_retry_names_the_recipients_that_are_left(
    service: SendService, sqs: FakeSQS, contents: S3ContentStore
) -> None:
    service.enqueue(job(ANNA, BEN, merge_data={}, body=LONG))
    whole = read_job("record-1", sqs.take()[0], contents)
    rest = restrict_to(whole.message, {BEN})
    assert rest is not None

    service.queue.put([whole.retry_with(rest, 1)])

    retry = read_job("record-2", sqs.take()[0], contents)
    assert (retry.addresses, retry.stored) == ([BEN], whole.stored)


def test_request_that_waits_for_room_expires_in_its_own_time(
    service: SendService, sqs: FakeSQS, s3: FakeS3, handle: Handle
) -> None:
    first = record(1, producers(s3, job(ANNA, body=LONG).message.to_json()))
    with service.heavy_emails.room(0), service.heavy_emails.room(0):
        handle({"Records": [first]}, remaining=1)

    (again,) = sqs.take()

    notes = json.loads(again)["amsdal_mail"]
    assert notes["sent_at"] == first["attributes"]["SentTimestamp"]


def test_chunk_that_is_lost_before_a_claim_is_rejected(
    service: SendService, sqs: FakeSQS, s3: FakeS3, handle: Handle, store: MemoryEmailStore
) -> None:
    to = [f"u{number}@example.com" for number in range(60)]
    service.send(job(*to, merge_data={}, body=LONG))
    s3.objects.clear()

    records = [record(number, body) for number, body in enumerate(sqs.take())]
    assert handle({"Records": records}) == DONE

    view = store.load("order-1")
    assert view is not None
    assert view.counts == {EmailState.REJECTED: 60}


def test_request_that_is_too_large_is_not_read(
    s3: FakeS3, handle: Handle, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("send_email.contents.s3_content_store.LARGEST", 1000)
    request = job(ANNA, body="b" * 1000).message.to_json()

    assert handle({"Records": [record(1, producers(s3, request))]}) == DONE

    view = store.load("order-1")
    assert view is not None
    assert view.record is not None
    assert "is too large" in view.record.errors[0].rule


def with_report(s3: FakeS3, *to: str, **fields: Any) -> str:
    """Return the body of a stored request that names an object without its version."""
    s3.put("reports", "a.pdf", b"%PDF")
    file = {"filename": "a.pdf", "mimetype": "application/pdf", "s3_uri": "s3://reports/a.pdf"}
    request = json.loads(job(*to, **fields).message.to_json()) | {"attachments": [file]}
    return producers(s3, json.dumps(request))


def test_stored_request_with_a_file_is_deleted(
    ses: FakeSES, s3: FakeS3, service: SendService, handle: Handle
) -> None:
    assert handle({"Records": [record(1, with_report(s3, ANNA))]}) == DONE

    assert len(ses.sent) == 1
    assert s3.keys("queued/") == []


def test_stored_request_with_a_file_is_stored_anew_for_a_retry(
    ses: FakeSES, s3: FakeS3, service: SendService, handle: Handle, sqs: FakeSQS
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    handle({"Records": [record(1, with_report(s3, ANNA, body=LONG))]})
    (retry,) = sqs.take()
    (key,) = s3.keys("queued/")
    ses.results.clear()

    handle({"Records": [record(2, retry)]})

    assert key != "queued/a1"
    assert (ses.sent[-1].body, s3.keys("queued/")) == (LONG, [])


def test_stored_request_of_chunks_is_deleted(
    s3: FakeS3, service: SendService, handle: Handle, sqs: FakeSQS
) -> None:
    to = [f"u{number}@example.com" for number in range(60)]

    handle({"Records": [record(1, with_report(s3, *to, merge_data={}))]})

    assert len(sqs.take()) == 2
    assert s3.keys("queued/") == []
