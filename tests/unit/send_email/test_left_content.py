"""The content of a scheduled email whose worker crashes is deleted all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.records import RecipientRecord
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.queue.timers import timer_body
from send_email.queue.wake import wake as wake_worker
from send_email.sending.hand_over import HandOverBudget
from send_email.sending.service import SendService
from send_email.sending.timers import Timer
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fake_s3 import FakeS3
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, ListQueue, ListTimers
from tests.unit.send_email.jobs import ANNA
from tests.unit.send_email.test_schedules import EMAIL, ID, KEY, in_future, record


@pytest.fixture
def wake(handle: Handle) -> Any:
    return lambda: handle({"Records": [record(timer_body(Timer(ID, 1, NOW)))]})["batchItemFailures"]


@pytest.fixture(autouse=True)
def scheduled(api: Api, clock: Clock, timers: ListTimers) -> None:
    api.post(EMAIL | {"send_at": in_future(minutes=1)}, **KEY)
    clock.forward(60)
    timers.entries.clear()


def crash(service: SendService, ses: FakeSES, clock: Clock) -> None:
    ses.raises = [KeyboardInterrupt()]  # type: ignore[list-item]
    deadline = clock.now + timedelta(seconds=300)
    with pytest.raises(KeyboardInterrupt):
        wake_worker(service, ID, deadline, HandOverBudget())


def test_content_goes_when_the_result_is_not_stored_at_first(
    api: Api,
    store: MemoryEmailStore,
    wake: Any,
    clock: Clock,
    timers: ListTimers,
    queue: ListQueue,
    s3: FakeS3,
    ses: FakeSES,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any) -> bool:
        raise StoreError("m")

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", fails)
        wake()
    seen = RecipientRecord(
        email_id=ID, address=ANNA, state=EmailState.ACCEPTED, at=NOW, message_id="ses-0"
    )
    store.advance_recipient(seen, now=NOW)
    assert wake() == []
    (timer,) = timers.entries
    assert clock.now < timer.at <= clock.now + timedelta(seconds=TIMEOUTS.lost_response)
    assert s3.keys("scheduled/")

    clock.forward(TIMEOUTS.lost_response)
    assert wake() == []

    assert (len(ses.sent), queue.jobs) == (1, [])
    assert api("GET", f"/emails/{ID}").content["state"] == EmailState.ACCEPTED
    assert s3.keys() == []


def test_content_of_an_email_that_is_done_goes_with_a_late_timer(
    wake: Any, s3: FakeS3, ses: FakeSES
) -> None:
    kept = dict(s3.objects)
    wake()
    s3.objects.update(kept)

    assert wake() == []

    assert (len(ses.sent), s3.keys()) == (1, [])


def test_email_that_crashes_each_worker_is_postponed_at_last(
    service: SendService,
    wake: Any,
    clock: Clock,
    timers: ListTimers,
    queue: ListQueue,
    ses: FakeSES,
) -> None:
    for _ in range(20):
        crash(service, ses, clock)
        wake()
        if queue.jobs:
            break
        clock.forward(TIMEOUTS.lost_response)

    assert [job.postpone_count for job in queue.jobs] == [1]
    assert len(timers.entries) == 8
