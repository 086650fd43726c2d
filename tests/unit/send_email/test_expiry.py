"""An email is never sent after its expiry, and ends without an alarm."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from amsdal_mail.message.email import EmailRequest
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from amsdal_mail.stream import Stream
from send_email.queue.envelope import write_job
from send_email.queue.timers import timer_body
from send_email.sending.backoff import decide_retry
from send_email.sending.errors import QueueError
from send_email.sending.job import SendJob
from send_email.sending.notices import NoticeKind
from send_email.sending.service import SendService
from send_email.sending.timers import Timer
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import NOW, Clock, FakeSendRate, FakeSES, ListBus, ListQueue
from tests.unit.send_email.jobs import crashed
from tests.unit.send_email.test_schedules import EMAIL, ID, in_future, record

ANNA = "anna@example.com"


@pytest.fixture
def post(api: Api) -> Any:
    return lambda **fields: api.post({**EMAIL, **fields}, Idempotency_Key=ID)


def test_code_that_waited_too_long_on_the_queue_is_not_sent(
    handle: Handle, api: Api, clock: Clock, ses: FakeSES, bus: ListBus
) -> None:
    body = json.dumps({**EMAIL, "idempotency_key": ID, "expires_in": 600})
    clock.forward(600)

    response = handle({"Records": [record(body)]})
    shown = api("GET", f"/emails/{ID}").content

    assert response["batchItemFailures"] == []
    assert ses.sent == []
    assert (shown["state"], shown["counts"]) == ("expired", {"expired": 1})
    assert shown["recipients"][0]["error_code"] == "Expired"
    assert shown["email"]["expires_at"] == in_future(seconds=600)
    assert [(notice.kind, notice.recipient_count) for notice in bus.notices] == [
        (NoticeKind.EXPIRED, 1)
    ]


def test_code_in_time_is_sent(post: Any, ses: FakeSES, bus: ListBus) -> None:
    assert post(expires_in=600).status == 200
    assert len(ses.sent) == 1
    assert bus.notices == []


def test_dead_letter_counts_from_its_first_message(
    handle: Handle, clock: Clock, ses: FakeSES
) -> None:
    first = int((NOW - timedelta(hours=1)).timestamp() * 1000)
    notes = {"original_message_id": "first", "sent_at": str(first)}
    request = {**EMAIL, "expires_in": 600}
    body = f'{{"amsdal_mail": {json.dumps(notes)}, "request": {json.dumps(request)}}}'

    handle({"Records": [record(body)]})

    assert ses.sent == []


def test_throttled_code_ends_at_once(post: Any, ses: FakeSES, queue: ListQueue, api: Api) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.LATER)

    response = post(expires_in=60)

    assert (response.status, response.content["state"]) == (422, "expired")
    assert queue.jobs == []


def test_throttled_code_with_time_left_is_retried(
    post: Any, ses: FakeSES, queue: ListQueue, clock: Clock, service: SendService
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)

    response = post(expires_in=60)
    ((job, delay),) = queue.entries
    clock.forward(60)
    ses.results.clear()
    outcome = service.send(job)

    assert (response.status, delay) == (202, 2)
    assert outcome.counts == {SendState.EXPIRED: 1}
    assert ses.sent == ses.sent[:1]


def test_expiry_is_checked_after_the_wait_for_the_rate(
    post: Any, ses: FakeSES, send_rate: FakeSendRate, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(stream: Stream, recipients: int, at_most: float) -> bool:
        clock.forward(5)
        return True

    monkeypatch.setattr(send_rate, "wait", wait)

    response = post(expires_in=5)

    assert response.content["state"] == "expired"
    assert ses.sent == []


def test_repeated_request_does_not_prolong_the_first(
    post: Any, ses: FakeSES, clock: Clock, service: SendService
) -> None:
    request = EmailRequest(**EMAIL, expires_in=600)  # type: ignore[arg-type]
    crashed(service, ses, SendJob.from_request(ID, request, clock))
    clock.forward(901)

    response = post(expires_in=600)

    assert response.content["state"] == "expired"
    assert ses.sent == []


def test_lost_response_is_looked_at_after_the_expiry(
    post: Any, ses: FakeSES, queue: ListQueue, clock: Clock, service: SendService
) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)

    response = post(expires_in=60)
    ((job, delay),) = queue.entries
    clock.forward(delay)
    sent = len(ses.sent)
    outcome = service.send(job)

    assert (response.content["state"], delay) == ("unknown", 900)
    assert outcome.counts == {SendState.EXPIRED: 1}
    assert len(ses.sent) == sent


def test_email_can_expire_before_its_time_comes(
    post: Any, handle: Handle, clock: Clock, ses: FakeSES, api: Api
) -> None:
    post(send_at=in_future(hours=1), expires_in=60)
    clock.forward(3_660)

    handle({"Records": [record(timer_body(Timer(ID, 1, NOW)))]})

    assert ses.sent == []
    assert api("GET", f"/emails/{ID}").content["state"] == "expired"


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"expires_at": in_future(hours=1), "expires_in": 60}, "expires_in"),
        ({"expires_at": in_future(hours=1), "send_at": in_future(hours=1)}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": "600"}, "expires_in"),
    ],
    ids=["both", "before its time", "unreadable", "zero", "text"],
)
def test_wrong_expiry_is_422(post: Any, times: dict[str, Any], field: str) -> None:
    response = post(**times)

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == [field]


def test_mail_that_expires_has_its_own_configuration_set(
    service: SendService, ses: FakeSES
) -> None:
    with_set = replace(service, expiring_set="codes")
    for number, times in enumerate(({}, {"expires_in": 600})):
        request = EmailRequest(**EMAIL, **times)  # type: ignore[arg-type]
        with_set.send(SendJob.from_request(f"email-{number}", request, service.clock))

    assert [message.configuration_set for message in ses.sent] == [None, "codes"]


def test_retry_that_ends_before_the_expiry_is_kept() -> None:
    request = EmailRequest(**EMAIL, expires_in=3)  # type: ignore[arg-type]
    job = SendJob.from_request(ID, request, lambda: NOW)
    throttled = {
        ANNA: RecipientStatus(ANNA, SendState.FAILED, None, "Code", "text", RetryHint.SOON)
    }

    in_time = decide_retry(job, throttled, NOW, 0.0, TIMEOUTS)
    too_late = decide_retry(job, throttled, NOW + timedelta(seconds=1), 0.0, TIMEOUTS)

    assert in_time.job is not None
    assert too_late.job is None
    assert too_late.results[ANNA].state is SendState.EXPIRED


def test_repeated_large_email_does_not_prolong_its_first_request(
    api: Api, queue: ListQueue, clock: Clock
) -> None:
    to = [f"customer{number}@example.com" for number in range(60)]
    email = {**EMAIL, "to": to, "merge_data": {address: {} for address in to}, "expires_in": 600}
    queue.raises = [QueueError("throttled")]
    first = api.post(email, Idempotency_Key="large")
    clock.forward(590)

    repeated = api.post(email, Idempotency_Key="large")

    assert (first.status, repeated.status) == (503, 202)
    assert {job.timing.expires_at for job in queue.jobs} == {NOW + timedelta(seconds=600)}


COPY = "boss@example.com"
BEN = "ben@example.com"
WITH_COPY = {"to": [ANNA, BEN], "cc": [COPY], "merge_data": {ANNA: {}, BEN: {}}, "expires_in": 60}


def states(response: Any) -> dict[str, str]:
    return {item["address"]: item["state"] for item in response.content["recipients"]}


def test_accepted_copy_stays_accepted_when_the_next_call_expires(
    post: Any, clock: Clock, ses: FakeSES, send_rate: FakeSendRate
) -> None:
    send_rate.largest_call = 2
    ses.before = lambda: clock.forward(100)

    assert states(post(**WITH_COPY)) == {ANNA: "accepted", BEN: "expired", COPY: "accepted"}


def test_accepted_copy_stays_accepted_when_the_retry_expires(
    api: Api, handle: Handle, post: Any, clock: Clock, ses: FakeSES, queue: ListQueue
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    post(**WITH_COPY)
    clock.forward(100)

    handle({"Records": [record(write_job(queue.jobs[-1]))]})

    shown = states(api("GET", f"/emails/{ID}"))
    assert shown == {ANNA: "accepted", BEN: "expired", COPY: "accepted"}


def test_accepted_copy_stays_accepted_when_a_retry_would_be_late(
    post: Any, ses: FakeSES, send_rate: FakeSendRate
) -> None:
    send_rate.largest_call = 2

    def refuse_the_second() -> None:
        if ses.sent:
            for address in (BEN, COPY):
                ses.respond(address, SendState.FAILED, RetryHint.LATER)

    ses.before = refuse_the_second

    assert states(post(**WITH_COPY)) == {ANNA: "accepted", BEN: "expired", COPY: "accepted"}
