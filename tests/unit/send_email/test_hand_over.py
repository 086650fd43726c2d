"""A large email goes on the queue in chunks. One request hands over a bounded amount."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.queue.send_queue import SendQueue
from send_email.sending.errors import QueueError
from send_email.sending.hand_over import MESSAGES, SIZE, HandOverBudget, hand_over_of
from send_email.sending.job import SendJob
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import email
from tests.unit.send_email.fakes import FakeSES, ListQueue
from tests.unit.send_email.jobs import job_of, plain
from tests.unit.send_email.test_records import DONE, batch

MOST = MESSAGES * 50


def newsletter(people: int, size: int = 5, **changes: Any) -> dict[str, Any]:
    to = [f"p{number}@example.com" for number in range(people)]
    return email(to=to, merge_data={}, body="x" * size, **changes)


def job(people: int, size: int = 5) -> SendJob:
    message = plain().message
    to = tuple(f"p{number}@example.com" for number in range(people))
    data = {address: {"name": address} for address in to}
    return job_of(
        "k", message.model_copy(update={"to": to, "merge_data": data, "body": "x" * size})
    )


@pytest.mark.parametrize(("people", "size"), [(51, 5), (1_020, 1_000), (5_000, 100)])
def test_hand_over_is_close_to_the_chunks(people: int, size: int) -> None:
    large = job(people, size)
    chunks = large.chunks()
    size_of_chunks = sum(len(chunk.message.to_json()) for chunk in chunks)

    wanted = hand_over_of(large)

    assert wanted.messages == len(chunks)
    assert size_of_chunks * 0.9 <= wanted.size <= size_of_chunks * 1.2


def test_email_of_one_call_hands_over_nothing() -> None:
    assert hand_over_of(job(50)) == (0, 0)


@pytest.mark.parametrize("wish", ["", "respond-async"])
@pytest.mark.parametrize(
    ("request_body", "limit"),
    [(newsletter(MOST + 1), f"{MESSAGES} messages"), (newsletter(5_000, 900_000), f"{SIZE} bytes")],
    ids=["messages", "bytes"],
)
def test_request_that_hands_over_too_much_gets_413(
    api: Api, store: MemoryEmailStore, queue: ListQueue, request_body: Any, limit: str, wish: str
) -> None:
    response = api.post(request_body | {"idempotency_key": "k"}, prefer=wish)

    assert response.status == 413
    assert limit in response.content["message"]
    assert (queue.entries, store.load("k")) == ([], None)


def test_largest_email_is_handed_over(api: Api, queue: ListQueue) -> None:
    assert api.post(newsletter(MOST)).status == 202
    assert len(queue.entries) == MESSAGES


def test_emails_of_a_batch_share_the_limit(api: Api, queue: ListQueue) -> None:
    emails = [newsletter(MOST // 4)] * 6 + [email()]

    response = api("POST", "/emails/batch", {"emails": emails})

    statuses = [entry["status"] for entry in response.content["emails"]]
    assert sorted(statuses) == [200, 202, 202, 202, 202, 413, 413]
    assert len(queue.entries) == MESSAGES


def test_record_that_hands_over_too_much_is_rejected(
    handle: Handle, store: MemoryEmailStore, queue: ListQueue
) -> None:
    assert handle(batch(newsletter(5_000, 900_000))) == DONE

    view = store.load("record-1")
    assert view is not None
    assert view.record is not None
    assert view.state is EmailState.REJECTED
    assert f"{SIZE} bytes" in view.record.errors[0].rule
    assert not queue.entries


def test_records_of_a_batch_share_the_limit_and_none_is_rejected(
    handle: Handle, store: MemoryEmailStore, queue: ListQueue, ses: FakeSES
) -> None:
    large = [newsletter(MOST // 2, idempotency_key=f"k{number}") for number in range(4)]

    assert handle(batch(*large)) == DONE

    whole = [job for job in queue.jobs if job.chunk is None]
    assert (len(whole), len(queue.jobs) - len(whole)) == (2, MESSAGES)
    entries, queue.entries = whole, []
    handle(batch(*(as_record(job) for job in entries)))
    assert (len(queue.jobs), len({job.email_id for job in queue.jobs})) == (MESSAGES, 2)


def as_record(job: SendJob) -> str:
    """Return the body that the queue gets for a job."""
    bodies: list[str] = []

    class Client:
        def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: N803
            bodies.extend(entry["MessageBody"] for entry in Entries)
            return {}

    queue = SendQueue(Client(), dict.fromkeys(Stream, "url"), Mock())  # type: ignore[arg-type]
    queue.put([job])
    (body,) = bodies
    return body


@pytest.mark.parametrize("seconds", [3, 6, 15, 20, 60])
def test_less_time_hands_over_less(seconds: int) -> None:
    limit = HandOverBudget(seconds).limit

    assert limit.messages == min(MESSAGES, MESSAGES * seconds // 20)
    assert limit.size <= SIZE


def test_no_time_hands_over_nothing() -> None:
    assert HandOverBudget(-1).limit == (0, 0)


def test_record_without_room_to_be_put_back_is_delivered_again(
    service: SendService, queue: ListQueue
) -> None:
    queue.raises = [QueueError()]

    with pytest.raises(QueueError):
        service.put_back(job(51), 10)


MERGED: dict[str, dict[str, Any]] = {
    "subject": {"subject": "Hi {{name}}"},
    "headers": {"merge_headers": "List-Unsubscribe"},
    "metadata": {"merge_metadata": "order"},
}


@pytest.mark.parametrize("changes", MERGED.values(), ids=MERGED)
def test_merge_values_of_many_recipients_are_handed_over(
    api: Api, queue: ListQueue, changes: dict[str, Any]
) -> None:
    request = newsletter(60)
    people = request["to"]
    request["merge_data"] = {person: {"name": "Anna"} for person in people}
    for field, value in changes.items():
        by_person = {person: {value: "<https://example.com>"} for person in people}
        request[field] = by_person if field.startswith("merge") else value

    assert api.post(request).status == 202

    assert [len(queued.message.to) for queued in queue.jobs] == [50, 10]
