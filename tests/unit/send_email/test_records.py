from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from amsdal_mail.envelope import seal
from amsdal_mail.status import RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from email_store.store import RecordTooLargeError
from send_email.queue.envelope import write_job
from send_email.sending.errors import QueueError
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import Clock, FakeSES, ListQueue

ANNA = "anna@example.com"
EMAIL = {"subject": "Hi", "body": "Hello", "from_email": "shop@example.com", "to": [ANNA]}
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def record(number: int, body: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "messageId": f"record-{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"SentTimestamp": "1772187331000"},
        "messageAttributes": {
            name: value if isinstance(value, dict) else {"stringValue": value, "dataType": "String"}
            for name, value in attributes.items()
        },
        "eventSource": "aws:sqs",
    }


JOB = {"email_id": "order-1", "fingerprint": "f" * 64, "retry_count": "001", "postpone_count": "00"}


def job_body(body: Any, **notes: str) -> str:
    """Return the body of a job that the service queued."""
    return seal(JOB | notes, json.dumps(body))


def batch(*bodies: Any) -> dict[str, Any]:
    return {"Records": [record(number, body) for number, body in enumerate(bodies, start=1)]}


def failed(response: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def state(store: MemoryEmailStore, email_id: str) -> EmailState:
    view = store.load(email_id)
    assert view is not None
    return view.state


def test_record_id_becomes_the_email_id_without_a_key(handle: Handle, ses: FakeSES) -> None:
    handle(batch(EMAIL, EMAIL | {"idempotency_key": "order-1"}))

    assert sorted(tags["email_id"] for tags in ses.tags) == ["order-1", "record-1"]


def redriven(number: int, body: Any, original_id: str) -> dict[str, Any]:
    return record(number, seal({"original_message_id": original_id}, json.dumps(body)))


def test_redriven_record_keeps_its_email_id(handle: Handle, ses: FakeSES) -> None:
    handle(batch(EMAIL))

    handle({"Records": [redriven(2, EMAIL, "record-1")]})

    assert [tags["email_id"] for tags in ses.tags] == ["record-1"]


def test_redriven_record_that_is_invalid_keeps_its_id(
    handle: Handle, store: MemoryEmailStore
) -> None:
    handle({"Records": [redriven(2, EMAIL | {"to": []}, "record-1")]})

    assert state(store, "record-1") is EmailState.REJECTED


@pytest.mark.parametrize(
    "stranger",
    [
        {"email_id": "has space@x"},
        {"email_id": ".a"},
        {"fingerprint": "f"},
        {"fingerprint": "F" * 64},
        {"retry_count": "abc"},
        {"retry_count": "-90"},
        {"retry_count": "1000"},
        {"chunk": "x"},
        {"chunk": "²"},
    ],
    ids=str,
)
def test_invalid_notes_reject_a_record(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES, stranger: dict[str, str]
) -> None:
    response = handle(batch(job_body(EMAIL, **stranger)))

    assert response == DONE
    assert not ses.sent
    assert state(store, "record-1") is EmailState.REJECTED


@pytest.mark.parametrize(
    "notes", ["7", "[]", "{", "[" * 900, '{"email_id": 1}', "{}", '{"a": {"b": 1}}']
)
def test_body_that_only_looks_like_an_envelope_is_rejected(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES, notes: str
) -> None:
    body = f'{{"amsdal_mail": {notes}, "request": {json.dumps(EMAIL)}}}'

    assert handle(batch(body)) == DONE
    assert not ses.sent or notes == "{}"
    assert (state(store, "record-1") is EmailState.REJECTED) == (notes != "{}")


def test_invalid_record_of_this_service_is_a_dead_letter(
    handle: Handle, store: MemoryEmailStore
) -> None:
    response = handle(batch(job_body(EMAIL | {"to": ["anna"]})))

    assert failed(response) == ["record-1"]
    assert store.load("record-1") is None


def test_invalid_original_message_id_is_ignored(handle: Handle, ses: FakeSES) -> None:
    handle({"Records": [redriven(1, EMAIL, "a b")]})

    assert [tags["email_id"] for tags in ses.tags] == ["record-1"]


TEXT = {"dataType": "String", "stringValue": "x"}
BINARY = {"dataType": "Binary", "binaryValue": "AQID", "stringListValues": []}
FOREIGN: dict[str, dict[str, Any]] = {
    "binary": {"trace": BINARY},
    "number": {"priority": {"dataType": "Number.int", "stringValue": "7"}},
    "ten": {f"attribute{number}": TEXT for number in range(10)},
    "tracing headers": {"AWSTraceHeader": "Root=1-2", "traceparent": "00-1-2-01"},
    "our old names": {
        "email_id": "123",
        "fingerprint": "f" * 64,
        "retry_count": "300",
        "chunk": BINARY,
        "original_message_id": "order-1",
    },
    "no value": {"empty": {}},
}


@pytest.mark.parametrize("attributes", FOREIGN.values(), ids=FOREIGN)
def test_attributes_of_a_producer_change_nothing(
    handle: Handle, ses: FakeSES, queue: ListQueue, attributes: dict[str, Any]
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    records = [record(number, EMAIL, **attributes) for number in (1, 2)]

    assert handle({"Records": records}) == DONE
    assert sorted(tags["email_id"] for tags in ses.tags) == ["record-1", "record-2"]
    assert [job.retry_count for job in queue.jobs] == [1, 1]


@pytest.mark.parametrize(
    ("body", "field"),
    [("no json", "(body)"), ("[]", "(body)"), (EMAIL | {"to": ["anna"]}, "to[0]")],
    ids=["malformed", "list", "address"],
)
def test_invalid_record_is_stored_as_rejected(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES, body: Any, field: str
) -> None:
    assert handle(batch(body)) == DONE
    assert handle(batch(body)) == DONE

    view = store.load("record-1")
    assert view is not None
    assert view.record is not None
    assert view.state is EmailState.REJECTED
    assert [error.field for error in view.record.errors] == [field]
    assert not ses.sent


BAD = EMAIL | {"to": ["anna"], "idempotency_key": "order-1"}


def test_corrected_record_replaces_the_invalid_one(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES
) -> None:
    handle(batch(BAD))
    handle(batch(BAD))
    assert state(store, "order-1") is EmailState.REJECTED
    assert store.load("record-1") is None

    handle({"Records": [record(2, BAD | {"to": [ANNA]})]})

    assert len(ses.sent) == 1
    assert state(store, "order-1") is EmailState.ACCEPTED


@pytest.mark.parametrize("key", [".a", "a" * 129, 5, None], ids=str)
def test_invalid_record_with_an_invalid_key_has_its_own_id(
    handle: Handle, store: MemoryEmailStore, key: Any
) -> None:
    handle(batch(BAD | {"idempotency_key": key}))

    assert state(store, "record-1") is EmailState.REJECTED


def test_invalid_record_does_not_replace_an_email(handle: Handle, store: MemoryEmailStore) -> None:
    handle(batch(EMAIL | {"idempotency_key": "order-1"}))

    handle({"Records": [record(2, BAD)]})

    assert state(store, "order-1") is EmailState.ACCEPTED
    assert state(store, "record-2") is EmailState.REJECTED


def test_record_too_large_for_the_table_is_rejected(
    handle: Handle, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RecordTooLargeError("Item size has exceeded the maximum allowed size")

    monkeypatch.setattr(store, "claim", refuse)

    assert handle(batch(EMAIL)) == DONE
    assert state(store, "record-1") is EmailState.REJECTED


def test_record_with_the_key_of_another_email_is_rejected(
    handle: Handle, store: MemoryEmailStore
) -> None:
    handle(batch(EMAIL | {"idempotency_key": "order-1"}))

    changed = EMAIL | {"idempotency_key": "order-1", "body": "Another"}
    response = handle({"Records": [record(2, changed)]})

    assert response == DONE
    assert state(store, "record-2") is EmailState.REJECTED
    assert state(store, "order-1") is EmailState.ACCEPTED


def test_busy_record_is_postponed_until_the_lease_ends(
    handle: Handle, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    responses = []
    event = batch(EMAIL | {"idempotency_key": "order-1"})

    def deliver_again() -> None:
        ses.before = lambda: None
        responses.append(handle(event))

    ses.before = deliver_again
    handle(event)
    ((postpone, delay),) = queue.entries
    clock.forward(delay)

    assert responses == [DONE]
    assert delay == TIMEOUTS.lost_response
    assert (postpone.email_id, postpone.retry_count) == ("order-1", 0)
    assert len(ses.sent) == 1


def test_record_that_cannot_be_postponed_fails(
    handle: Handle, ses: FakeSES, queue: ListQueue
) -> None:
    responses: list[Any] = []

    def deliver_again() -> None:
        ses.before = lambda: None
        queue.raises = [QueueError()]
        responses.append(handle(batch(EMAIL)))

    ses.before = deliver_again
    handle(batch(EMAIL))

    assert [failed(response) for response in responses] == [["record-1"]]


def test_record_is_queued_again_shortly_before_the_deadline(
    handle: Handle, ses: FakeSES, queue: ListQueue
) -> None:
    response = handle(batch(EMAIL, EMAIL), remaining=TIMEOUTS.min_remaining - 1)

    assert response == DONE
    assert not ses.sent
    assert [job.email_id for job in queue.jobs] == ["record-1", "record-2"]


def test_failed_record_does_not_fail_its_batch(
    handle: Handle, ses: FakeSES, queue: ListQueue
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    queue.raises = [QueueError()]

    response = handle(batch(EMAIL, EMAIL | {"to": ["ben@example.com"]}))

    assert failed(response) == ["record-1"]


def test_every_record_of_a_batch_may_fail(handle: Handle, ses: FakeSES) -> None:
    ses.raises = [RuntimeError("bug"), RuntimeError("bug")]

    assert failed(handle(batch(EMAIL, EMAIL))) == ["record-1", "record-2"]


def test_throttling_never_fails_a_record(handle: Handle, ses: FakeSES, queue: ListQueue) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON, "TooManyRequestsException")

    assert handle(batch(EMAIL)) == DONE
    assert [job.email_id for job in queue.jobs] == ["record-1"]


def test_the_records_of_a_batch_are_sent_at_the_same_time(handle: Handle, ses: FakeSES) -> None:
    everyone = threading.Barrier(10, timeout=5)
    ses.before = everyone.wait

    assert handle(batch(*[EMAIL] * 10)) == DONE
    assert len(ses.sent) == 10


def on_queue(name: str, sqs_record: dict[str, Any]) -> dict[str, Any]:
    return sqs_record | {"eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{name}"}


def test_moved_record_that_conflicts_is_rejected_under_its_first_id(
    handle: Handle, api: Api, store: MemoryEmailStore, queue: ListQueue
) -> None:
    api.post(EMAIL, Idempotency_Key="order-1")
    other = {"subject": "Other", "stream": "bulk", "idempotency_key": "order-1"}
    handle({"Records": [on_queue("transactional", record(1, EMAIL | other))]})
    (job,) = queue.jobs

    handle({"Records": [on_queue("bulk", record(2, write_job(job)))]})

    assert state(store, "record-1") is EmailState.REJECTED
    assert store.load("record-2") is None
