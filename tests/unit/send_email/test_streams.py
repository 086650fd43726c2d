"""The stream of an email: who decides it, which queue it takes, and what it shares with others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from amsdal_mail.envelope import seal
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import SendState
from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from email_store.rate_note import RateNote
from email_store.records import Suppression
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.queue.envelope import read_job, write_job
from send_email.queue.send_queue import SendQueue
from send_email.sending.job import SendJob
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fakes import NOW, FakeSendRate, FakeSES, ListQueue
from tests.unit.send_email.jobs import job_of, plain

TRANSACTIONAL, BULK = Stream.TRANSACTIONAL, Stream.BULK
ANNA = "anna@example.com"
NO_CONTENTS = Mock()
"""The bucket, of which a small email has no need."""
EMAIL: dict[str, Any] = {
    "subject": "Hi",
    "body": "Hello",
    "from_email": "shop@example.com",
    "to": [ANNA],
}
URLS = {TRANSACTIONAL: "https://sqs/1/send", BULK: "https://sqs/1/bulk"}


def to_people(count: int, **fields: Any) -> dict[str, Any]:
    people = [f"p{number}@example.com" for number in range(count)]
    return EMAIL | {"to": people, "merge_data": {}} | fields


def record(request: dict[str, Any], queue: str = "", record_id: str = "record-1") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:1:{queue}",
                "messageId": record_id,
                "body": json.dumps(request),
            }
        ]
    }


@pytest.mark.parametrize(
    ("request_", "queue", "stream"),
    [
        (EMAIL, None, TRANSACTIONAL),
        (EMAIL, TRANSACTIONAL, TRANSACTIONAL),
        (EMAIL, BULK, BULK),
        (EMAIL | {"stream": "transactional"}, BULK, TRANSACTIONAL),
        (EMAIL | {"stream": "bulk"}, TRANSACTIONAL, BULK),
        (to_people(50), TRANSACTIONAL, TRANSACTIONAL),
        (to_people(51), TRANSACTIONAL, BULK),
        (to_people(51, stream="transactional"), TRANSACTIONAL, TRANSACTIONAL),
    ],
    ids=[
        "none",
        "send queue",
        "bulk queue",
        "named on bulk",
        "named on send",
        "50",
        "51",
        "51 named",
    ],
)
def test_request_has_the_stream(
    request_: dict[str, Any], queue: Stream | None, stream: Stream
) -> None:
    assert read_job("record-1", json.dumps(request_), NO_CONTENTS, queue).stream is stream


def test_unknown_stream_is_refused_with_the_rule(api: Api) -> None:
    response = api.post(EMAIL | {"stream": "express"})

    assert response.status == 422
    assert response.content["detail"] == [
        {"field": "stream", "rule": "must be transactional or bulk"}
    ]


@pytest.mark.parametrize("stream", Stream)
def test_job_keeps_its_stream_on_the_queue(stream: Stream) -> None:
    job = replace(plain(), stream=stream)

    assert read_job("", write_job(job), NO_CONTENTS).stream is stream


@pytest.mark.parametrize(("chunk", "stream"), [(None, TRANSACTIONAL), ("0001", BULK)])
def test_job_of_a_stack_with_one_queue_is_read(chunk: str | None, stream: Stream) -> None:
    notes = {
        "email_id": "order-1",
        "fingerprint": "0" * 64,
        "retry_count": "001",
        "postpone_count": "00",
    }
    body = seal(notes | ({"chunk": chunk} if chunk else {}), json.dumps(EMAIL))

    assert read_job("", body, NO_CONTENTS).stream is stream


def test_stream_is_no_part_of_what_a_key_stands_for() -> None:
    message = EmailMessage(**EMAIL)

    first, second = (job_of("order-1", message, stream) for stream in Stream)

    assert first.fingerprint == second.fingerprint


def test_bulk_request_by_api_is_queued(api: Api, queue: ListQueue, ses: FakeSES) -> None:
    response = api.post(EMAIL | {"stream": "bulk"})

    assert response.status == 202
    assert [job.stream for job in queue.jobs] == [BULK]
    assert ses.sent == []


def test_chunks_are_of_the_stream_of_their_email(api: Api, queue: ListQueue) -> None:
    api.post(to_people(120))
    api.post(to_people(120, stream="transactional"))

    assert [job.stream for job in queue.jobs] == [BULK] * 3 + [TRANSACTIONAL] * 3


@pytest.mark.parametrize("queue_stream", Stream)
def test_record_on_the_wrong_queue_moves_once(
    handle: Handle, queue: ListQueue, ses: FakeSES, queue_stream: Stream
) -> None:
    (other,) = set(Stream) - {queue_stream}
    response = handle(record(EMAIL | {"stream": other.value}, queue_stream.value))
    ((job, delay),) = queue.entries

    handle(record({}, other.value) | {"Records": [moved(job, other)]})

    assert response == {"batchItemFailures": []}
    assert (job.email_id, job.stream, delay) == ("record-1", other, 0)
    assert ses.addresses == [[ANNA]]
    assert len(queue.entries) == 1


def moved(job: SendJob, queue: Stream) -> dict[str, Any]:
    (moved_record,) = record({}, queue.value, "record-2")["Records"]
    return dict(moved_record | {"body": write_job(job)})


def test_record_of_a_foreign_sender_does_not_move(
    handle: Handle, queue: ListQueue, store: MemoryEmailStore
) -> None:
    request = EMAIL | {"stream": "bulk", "from_email": "shop@elsewhere.example"}

    handle(record(request, "transactional"))

    assert queue.entries == []
    view = store.load("record-1")
    assert view
    assert view.state == "rejected"


def test_retry_goes_to_the_queue_of_its_stream(
    service: SendService, send_rate: FakeSendRate, queue: ListQueue
) -> None:
    send_rate.is_free = False

    service.send(replace(plain(), stream=BULK))

    assert [job.stream for job in queue.jobs] == [BULK]


def test_get_shows_the_stream(api: Api) -> None:
    email_id = api.post(EMAIL | {"stream": "bulk"}).content["email_id"]

    assert api("GET", f"/emails/{email_id}").content["email"]["stream"] == "bulk"


@pytest.mark.parametrize(("stream", "accepted"), [(TRANSACTIONAL, None), (BULK, [1.0])])
def test_recipients_of_bulk_mail_are_counted_too(
    handle: Handle, capsys: pytest.CaptureFixture[str], stream: Stream, accepted: list[float] | None
) -> None:
    handle(record(EMAIL, stream.value))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = (line for line in lines if "RecipientsAccepted" in line)
    (sent,) = (line for line in lines if line.get("message") == "email sent")
    assert (metrics["RecipientsAccepted"], metrics.get("BulkRecipientsAccepted")) == (
        [1.0],
        accepted,
    )
    assert sent["stream"] == stream


@pytest.mark.parametrize("stream", Stream)
def test_jobs_go_to_the_address_of_their_stream(stream: Stream) -> None:
    calls: list[str] = []

    class Client:
        def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
            calls.append(QueueUrl)
            return {}

    send_queue = SendQueue(Client(), URLS, NO_CONTENTS)  # type: ignore[arg-type]
    send_queue.put([replace(plain(), stream=stream)])

    assert calls == [URLS[stream]]
    assert send_queue.stream_of(URLS[stream].rpartition("/")[2]) is stream
    assert send_queue.stream_of("another") is None


# The turn before the call


def test_call_carries_a_part_of_the_rate(
    service: SendService, send_rate: FakeSendRate, ses: FakeSES
) -> None:
    send_rate.largest_call = 4
    message = EmailMessage(**to_people(10, cc=["copy@example.com"]))

    outcome = service.send(job_of("order-1", message))

    assert [len(sent.to) for sent in ses.sent] == [2] * 5
    assert send_rate.asked == [4] * 5
    assert outcome.counts == {SendState.ACCEPTED: 11}


def test_plain_message_is_one_call_at_any_rate(
    service: SendService, send_rate: FakeSendRate, ses: FakeSES
) -> None:
    send_rate.largest_call = 1
    message = EmailMessage(**to_people(3) | {"merge_data": None})

    service.send(job_of("order-1", message))

    assert len(ses.sent) == 1


def test_calls_without_a_turn_are_retried_for_their_recipients(
    service: SendService, send_rate: FakeSendRate, ses: FakeSES, queue: ListQueue
) -> None:
    send_rate.largest_call = 4
    turns = iter([True, False, False])
    send_rate.wait = lambda *_: next(turns)  # type: ignore[method-assign]

    service.send(job_of("order-1", EmailMessage(**to_people(10))))

    assert [len(sent.to) for sent in ses.sent] == [4]
    assert [len(job.message.to) for job in queue.jobs] == [6]


def test_table_that_fails_between_calls_loses_no_result(
    service: SendService,
    send_rate: FakeSendRate,
    ses: FakeSES,
    queue: ListQueue,
    store: MemoryEmailStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send_rate.largest_call = 4
    answers: Any = Mock(side_effect=[(set(), RateNote()), StoreError(), StoreError()])
    monkeypatch.setattr(store, "suppressed_and_note", answers)

    outcome = service.send(job_of("order-1", EmailMessage(**to_people(10))))

    assert outcome.counts == {SendState.ACCEPTED: 4, SendState.QUEUED: 6}
    view = store.load("order-1")
    assert view is not None
    assert view.counts == {EmailState.ACCEPTED: 4, EmailState.QUEUED: 6}
    assert [len(job.message.to) for job in queue.jobs] == [6]


def test_turn_of_a_suppressed_recipient_is_given_back(
    service: SendService, send_rate: FakeSendRate, store: MemoryEmailStore
) -> None:
    store.suppress(Suppression(address="p1@example.com", reason="bounce", at=NOW))
    message = EmailMessage(**to_people(3))

    service.send(job_of("order-1", message))

    assert (send_rate.asked, send_rate.given_back) == ([3], [1])


def test_note_is_read_with_the_suppression_list(
    service: SendService, send_rate: FakeSendRate, store: MemoryEmailStore
) -> None:
    store.count_transactional(7)

    service.send(replace(plain(), stream=BULK))

    ((stream, note),) = send_rate.learned
    assert (stream, note.transactional_count) == (BULK, 7)


def test_email_without_a_recipient_left_takes_no_turn(
    service: SendService, send_rate: FakeSendRate
) -> None:
    service.send(plain())
    service.send(plain())

    assert len(send_rate.asked) == 1


def test_wrong_stream_on_the_queue_is_rejected() -> None:
    with pytest.raises(InvalidMessageError, match="must be transactional or bulk"):
        read_job("", json.dumps(EMAIL | {"stream": "Bulk"}), NO_CONTENTS)
