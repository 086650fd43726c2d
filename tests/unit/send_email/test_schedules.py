"""An email waits for its time, and can be moved and canceled until a worker has it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.queue.timers import timer_body
from send_email.sending.content_store import ContentStoreError
from send_email.sending.errors import QueueError
from send_email.sending.notices import NoticeKind
from send_email.sending.service import SendService
from send_email.sending.timers import Timer
from tests.unit.send_email.api_client import Api, ApiResponse, Handle
from tests.unit.send_email.fake_s3 import FakeS3
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, ListBus, ListQueue, ListTimers

ID = "reminder"
KEY = {"Idempotency_Key": ID}
EMAIL = {
    "subject": "Reminder",
    "body": "Tomorrow at nine.",
    "from_email": "shop@example.com",
    "to": ["anna@example.com"],
}


def in_future(**span: float) -> str:
    return (NOW + timedelta(**span)).isoformat()


@pytest.fixture
def post(api: Api) -> Any:
    return lambda **fields: api.post({**EMAIL, **fields}, **KEY)


@pytest.fixture
def wake(handle: Handle) -> Any:
    """Let a timer of the email come."""

    def wake(generation: int = 1) -> Any:
        body = timer_body(Timer(ID, generation, NOW))
        return handle({"Records": [record(body)]})["batchItemFailures"]

    return wake


def record(body: str) -> dict[str, Any]:
    milliseconds = int(NOW.timestamp() * 1000)
    return {
        "eventSource": "aws:sqs",
        "messageId": "record-1",
        "body": body,
        "attributes": {"SentTimestamp": str(milliseconds)},
    }


def move(api: Api, send_at: object) -> ApiResponse:
    return api("PATCH", f"/emails/{ID}", {"send_at": send_at})


def cancel(api: Api) -> ApiResponse:
    return api("POST", f"/emails/{ID}/cancel", "")


def test_scheduled_email_waits_with_a_timer(
    api: Api, post: Any, timers: ListTimers, ses: FakeSES, bus: ListBus
) -> None:
    response = post(send_at=in_future(days=2), expires_in=600)
    shown = api("GET", f"/emails/{ID}").content

    assert (response.status, response.content["state"]) == (202, "scheduled")
    assert response.headers["location"] == f"/emails/{ID}"
    assert timers.entries == [Timer(ID, 1, NOW + timedelta(days=2))]
    assert ses.sent == []
    assert (shown["state"], shown["counts"]) == ("scheduled", {"scheduled": 1})
    assert shown["email"]["send_at"] == in_future(days=2)
    assert shown["email"]["expires_at"] == in_future(days=2, minutes=10)
    assert [(notice.kind, notice.send_at) for notice in bus.notices] == [
        (NoticeKind.SCHEDULED, NOW + timedelta(days=2))
    ]


def test_email_is_sent_when_its_timer_comes(
    api: Api, post: Any, wake: Any, clock: Clock, ses: FakeSES, s3: FakeS3
) -> None:
    post(send_at=in_future(days=2))
    clock.forward(2 * 86_400)

    assert wake() == []
    assert wake() == []

    assert ses.addresses == [["anna@example.com"]]
    assert api("GET", f"/emails/{ID}").content["state"] == "accepted"
    assert s3.objects == {}


def test_email_goes_out_late_after_an_outage(
    post: Any, wake: Any, clock: Clock, ses: FakeSES
) -> None:
    post(send_at=in_future(minutes=5))
    clock.forward(86_400)

    wake()

    assert len(ses.sent) == 1


def test_early_timer_sends_nothing_and_is_set_again(
    post: Any, wake: Any, clock: Clock, ses: FakeSES, timers: ListTimers
) -> None:
    post(send_at=in_future(minutes=5))
    clock.forward(299)

    wake()

    assert ses.sent == []
    assert timers.entries == [Timer(ID, 1, NOW + timedelta(minutes=5))] * 2


def test_early_timer_needs_no_scheduler(post: Any, wake: Any, timers: ListTimers) -> None:
    post(send_at=in_future(days=2))
    timers.raises = [QueueError("throttled")]

    assert wake() == []

    assert timers.near == [Timer(ID, 1, NOW + timedelta(days=2))]


def test_old_timer_of_a_moved_email_sends_nothing(
    api: Api, post: Any, wake: Any, clock: Clock, ses: FakeSES, timers: ListTimers
) -> None:
    post(send_at=in_future(hours=1))
    moved = move(api, in_future(hours=3))
    clock.forward(3_600)
    wake(generation=1)
    before = list(ses.sent)
    clock.forward(2 * 3_600)
    wake(generation=2)

    assert (moved.status, moved.content["email"]["send_at"]) == (200, in_future(hours=3))
    assert before == []
    assert len(ses.sent) == 1
    assert timers.entries[1] == Timer(ID, 2, NOW + timedelta(hours=3))
    assert timers.dropped == [Timer(ID, 1, NOW + timedelta(hours=1))]


def test_email_can_be_moved_to_now(
    api: Api, post: Any, wake: Any, ses: FakeSES, timers: ListTimers
) -> None:
    post(send_at=in_future(hours=1))

    moved = move(api, in_future(hours=-1))
    wake(generation=2)

    assert moved.status == 200
    assert len(ses.sent) == 1


def test_canceled_email_is_never_sent(
    api: Api, post: Any, wake: Any, clock: Clock, ses: FakeSES, s3: FakeS3, bus: ListBus
) -> None:
    post(send_at=in_future(hours=1))

    canceled = cancel(api)
    again = cancel(api)
    clock.forward(7_200)
    wake()
    replayed = post(send_at=in_future(hours=1))

    assert (canceled.status, canceled.content["state"]) == (200, "canceled")
    assert again.status == 200
    assert ses.sent == []
    assert (replayed.status, replayed.content["state"]) == (422, "canceled")
    assert s3.objects == {}
    assert [notice.kind for notice in bus.notices] == ["scheduled", "canceled", "canceled"]
    assert bus.notices[1].event_id == bus.notices[2].event_id


def test_email_on_the_queue_can_be_canceled(
    api: Api, queue: ListQueue, service: Any, ses: FakeSES
) -> None:
    api.post(EMAIL, Idempotency_Key=ID, Prefer="respond-async")

    canceled = cancel(api)
    service.send(queue.jobs[0])

    assert canceled.status == 200
    assert ses.sent == []


def test_email_on_the_queue_cannot_be_moved(api: Api) -> None:
    api.post(EMAIL, Idempotency_Key=ID, Prefer="respond-async")

    response = move(api, in_future(hours=1))

    assert response.status == 409
    assert "not scheduled" in response.content["message"]


@pytest.mark.parametrize("change", [cancel, lambda api: move(api, in_future(days=1))])
def test_sent_email_can_be_neither_moved_nor_canceled(
    api: Api, post: Any, wake: Any, clock: Clock, change: Any
) -> None:
    post(send_at=in_future(hours=1))
    clock.forward(3_600)
    wake()

    assert change(api).status == 409


@pytest.mark.parametrize("change", [cancel, lambda api: move(api, in_future(days=1))])
def test_unknown_email_is_not_found(api: Api, change: Any) -> None:
    assert change(api).status == 404


def test_canceled_email_cannot_be_moved(api: Api, post: Any) -> None:
    post(send_at=in_future(hours=1))
    cancel(api)

    assert move(api, in_future(days=1)).status == 409


@pytest.mark.parametrize(
    "send_at",
    [
        "tomorrow", "2026-12-01T09:00:00", "", None, 5, [], "2027-02-29T09:00:00Z",
        in_future(days=365, seconds=1),
    ],
    ids=repr,
)  # fmt: skip
def test_time_that_is_not_possible_is_422(api: Api, post: Any, send_at: object) -> None:
    post(send_at=in_future(hours=1))

    moved = move(api, send_at)
    shown = api("GET", f"/emails/{ID}").content

    assert moved.status == 422
    assert [error["field"] for error in moved.content["detail"]] == ["send_at"]
    assert shown["email"]["send_at"] == in_future(hours=1)


@pytest.mark.parametrize("body", ["[]", "{}", '{"send_at": "2026-12-01T09:00:00Z", "to": []}'])
def test_move_takes_a_time_and_nothing_else(api: Api, body: str) -> None:
    assert api("PATCH", f"/emails/{ID}", body).status == 422


@pytest.mark.parametrize(
    "send_at",
    [
        "tomorrow", "2026-12-01T09:00:00", "", 5, "2027-02-29T09:00:00Z",
        in_future(days=365, seconds=1),
    ],
    ids=repr,
)  # fmt: skip
def test_unreadable_time_never_means_now(post: Any, ses: FakeSES, send_at: object) -> None:
    response = post(send_at=send_at)

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["send_at"]
    assert ses.sent == []


def test_past_time_means_now(post: Any, ses: FakeSES) -> None:
    response = post(send_at=in_future(hours=-1))

    assert (response.status, response.content["state"]) == (200, "accepted")
    assert len(ses.sent) == 1


def test_same_key_and_time_replays_and_another_time_conflicts(
    post: Any, timers: ListTimers
) -> None:
    first = post(send_at="2027-01-01T09:00:00+00:00")
    same = post(send_at="2027-01-01T10:00:00+01:00")
    other = post(send_at="2027-01-01T09:00:01+00:00")
    without = post()

    assert (first.status, same.status) == (202, 202)
    assert (other.status, without.status) == (409, 409)
    assert timers.entries[0] == timers.entries[1]


def test_repeated_request_does_not_undo_a_move(
    api: Api, post: Any, clock: Clock, ses: FakeSES, timers: ListTimers
) -> None:
    post(send_at=in_future(hours=1))
    move(api, in_future(days=1))
    clock.forward(3_600)

    replayed = post(send_at=in_future(hours=1))

    assert (replayed.status, replayed.content["state"]) == (202, "scheduled")
    assert ses.sent == []
    assert timers.entries[-1] == Timer(ID, 2, NOW + timedelta(days=1))


def test_each_email_of_a_batch_has_its_own_time(api: Api, timers: ListTimers, ses: FakeSES) -> None:
    emails = [
        {**EMAIL, "idempotency_key": "now"},
        {**EMAIL, "idempotency_key": "soon", "send_at": in_future(minutes=1)},
        {**EMAIL, "idempotency_key": "later", "send_at": in_future(days=1)},
        {**EMAIL, "idempotency_key": "never", "send_at": "never"},
    ]

    response = api("POST", "/emails/batch", {"emails": emails})

    assert [entry["status"] for entry in response.content["emails"]] == [200, 202, 202, 422]
    assert {timer.email_id for timer in timers.entries} == {"soon", "later"}
    assert len(ses.sent) == 1


def test_record_with_a_time_is_scheduled(
    handle: Handle, timers: ListTimers, store: MemoryEmailStore
) -> None:
    body = json.dumps({**EMAIL, "idempotency_key": ID, "send_at": in_future(minutes=1)})

    handle({"Records": [record(body)]})
    handle({"Records": [record(body)]})

    view = store.load(ID)
    assert view is not None
    assert view.state is EmailState.SCHEDULED
    assert set(timers.entries) == {Timer(ID, 1, NOW + timedelta(minutes=1))}


def test_record_with_an_unreadable_time_is_rejected(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES
) -> None:
    handle({"Records": [record(json.dumps({**EMAIL, "idempotency_key": ID, "send_at": "soon"}))]})

    view = store.load(ID)
    assert view is not None
    assert view.state is EmailState.REJECTED
    assert ses.sent == []


def test_large_email_is_scheduled_as_a_whole(
    api: Api, post: Any, wake: Any, clock: Clock, queue: ListQueue
) -> None:
    to = [f"p{number}@example.com" for number in range(120)]
    post(to=to, merge_data={}, send_at=in_future(hours=1))
    before = api("GET", f"/emails/{ID}").content
    clock.forward(3_600)

    wake()

    assert (before["state"], before["counts"]) == ("scheduled", {"scheduled": 120})
    assert [job.chunk for job in queue.jobs] == [1, 2, 3]
    assert cancel(api).status == 409


def test_large_email_can_be_canceled_before_its_time(
    api: Api, post: Any, wake: Any, clock: Clock, queue: ListQueue
) -> None:
    to = [f"p{number}@example.com" for number in range(120)]
    post(to=to, merge_data={}, send_at=in_future(hours=1))

    canceled = cancel(api)
    clock.forward(3_600)
    wake()

    assert canceled.content["counts"] == {"canceled": 120}
    assert queue.jobs == []


@pytest.mark.parametrize("where", ["content", "timer", "bus"])
def test_unavailable_service_is_503_and_a_repeat_completes_it(
    post: Any,
    wake: Any,
    s3: FakeS3,
    timers: ListTimers,
    bus: ListBus,
    clock: Clock,
    ses: FakeSES,
    where: str,
) -> None:
    failing: Any = {"content": s3, "timer": timers, "bus": bus}[where]
    error = ContentStoreError("down") if where == "content" else QueueError("down")
    failing.raises = [error]

    failed = post(send_at=in_future(hours=1))
    repeated = post(send_at=in_future(hours=1))
    clock.forward(3_600)
    wake()

    assert (failed.status, failed.content["email_id"]) == (503, ID)
    assert repeated.status == 202
    assert len(ses.sent) == 1


def test_move_without_a_timer_is_503_and_loses_nothing(
    api: Api, post: Any, wake: Any, clock: Clock, timers: ListTimers, ses: FakeSES
) -> None:
    post(send_at=in_future(hours=1))
    timers.raises = [QueueError("throttled")]

    failed = move(api, in_future(hours=2))
    clock.forward(3_600)
    wake(generation=1)
    clock.forward(3_600)
    wake(generation=2)

    assert failed.status == 503
    assert timers.entries[-1] == Timer(ID, 2, NOW + timedelta(hours=2))
    assert len(ses.sent) == 1


def test_cancel_while_the_table_is_down_is_503(
    api: Api, post: Any, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(send_at=in_future(hours=1))

    def down(*_: Any) -> Any:
        raise StoreError("down")

    with monkeypatch.context() as patch:
        patch.setattr(store, "cancel", down)
        failed = cancel(api)

    assert failed.status == 503
    assert cancel(api).status == 200


def test_chunk_is_sent_by_a_clock_that_is_behind(
    service: SendService, queue: ListQueue, ses: FakeSES, clock: Clock, post: Any, wake: Any
) -> None:
    people = [f"p{number}@example.com" for number in range(60)]
    post(to=people, merge_data={}, send_at=in_future(seconds=30))
    clock.forward(30)
    assert wake() == []
    late = replace(service, clock=lambda: clock() - timedelta(milliseconds=20))

    for chunk in queue.jobs:
        late.send(chunk)

    assert sorted(address for call in ses.addresses for address in call) == sorted(people)
