"""The deployed stack sends later, not too late, and not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from amsdal_mail import EmailRequest
from local.stack.api_client import Response
from tests.e2e.service import Service, message, to

RACES = 40
WAITING, FINAL = "scheduled", {"accepted", "delivered", "canceled"}


def in_future(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def schedule(service: Service, seconds: float, **fields: Any) -> str:
    key = f"scheduled-{uuid4().hex}"
    request = message(send_at=in_future(seconds), **fields)
    response = service.post("/emails", request, {"Idempotency-Key": key})
    assert response.status == 202, response
    assert response.content["state"] == WAITING
    return key


def move(service: Service, key: str, seconds: float) -> Response:
    return service.patch(f"/emails/{key}", {"send_at": in_future(seconds)})


def cancel(service: Service, key: str) -> Response:
    return service.post(f"/emails/{key}/cancel", "")


def names(service: Service) -> set[str]:
    """Return the ids of the emails that have a schedule in EventBridge Scheduler."""
    scheduler, group = service.aws.client("scheduler"), service.aws.outputs["ScheduleGroupName"]
    found = scheduler.list_schedules(GroupName=group, MaxResults=100)["Schedules"]
    return {
        scheduler.get_schedule(GroupName=group, Name=each["Name"])["Description"].partition(",")[0]
        for each in found
    }


@pytest.mark.parametrize("seconds", [3, 9], ids=["by the queue", "by Scheduler"])
def test_email_is_sent_at_its_time(service: Service, seconds: int) -> None:
    began = datetime.now(UTC)
    key = schedule(service, seconds)

    shown = service.get(f"/emails/{key}").content
    sent = service.wait_for_state(key, "delivered")

    at = datetime.fromisoformat(sent["timeline"][0]["at"])
    assert shown["state"] == WAITING
    assert at >= began + timedelta(seconds=seconds - 1)
    assert len(service.sent_by_ses(key)) == 1


def test_request_on_the_queue_is_sent_at_its_time(service: Service) -> None:
    key = f"scheduled-{uuid4().hex}"
    request = EmailRequest(**message(), idempotency_key=key, send_at=in_future(8))

    service.queue().send_messages([request])
    service.wait_for_state(key, WAITING)
    service.wait_for_state(key, "delivered")

    assert len(service.sent_by_ses(key)) == 1


def test_canceled_email_is_not_sent(service: Service) -> None:
    near, far = schedule(service, 3), schedule(service, 3_600)
    before = names(service)

    responses = [cancel(service, key) for key in (near, far)]
    time.sleep(6)

    assert [(r.status, r.content["state"]) for r in responses] == [(200, "canceled")] * 2
    assert far in before
    assert far not in names(service)
    assert service.sent_by_ses(near) == []
    assert service.get(f"/emails/{near}").content["state"] == "canceled"


def test_moved_email_is_sent_at_its_new_time(service: Service) -> None:
    sooner, later = schedule(service, 3_600), schedule(service, 3)

    moved = [move(service, sooner, 1), move(service, later, 3_600)]
    service.wait_for_state(sooner, "delivered")
    time.sleep(4)

    assert [response.status for response in moved] == [200, 200]
    assert service.get(f"/emails/{later}").content["state"] == WAITING
    assert service.sent_by_ses(later) == []
    assert cancel(service, later).status == 200
    assert move(service, sooner, 60).status == 409
    assert cancel(service, sooner).status == 409


def test_expired_email_is_not_sent(service: Service) -> None:
    key = f"code-{uuid4().hex}"
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()

    service.put_on_queue(message(idempotency_key=key, expires_at=past))
    shown = service.wait_for_state(key, "expired")

    assert shown["counts"] == {"expired": 1}
    assert service.sent_by_ses(key) == []


@contextmanager
def stopped(service: Service) -> Iterator[None]:
    """Stop the event sources of the send function within the block."""
    client = service.aws.client("lambda")
    name = service.aws.outputs["SendFunctionName"]
    sources = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    for source in sources:
        client.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        yield
    finally:
        for source in sources:
            client.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


def test_email_goes_out_after_an_outage_unless_it_expired(service: Service) -> None:
    with stopped(service):
        kept, expired = schedule(service, 2), schedule(service, 2, expires_in=3)
        time.sleep(7)
        waiting = service.get(f"/emails/{kept}").content["state"]

    service.wait_for_state(kept, "delivered")
    service.wait_for_state(expired, "expired")

    assert waiting == WAITING
    assert service.sent_by_ses(expired) == []


def test_nothing_is_sent_after_a_cancel_that_races_its_timer(service: Service) -> None:
    rng = random.Random(1)

    def race(number: int) -> tuple[str, int]:
        key, due = f"race-{uuid4().hex}", time.time() + 6
        request = message(to(f"success+race{number}"), send_at=in_future(6))
        service.post("/emails", request, {"Idempotency-Key": key})
        if rng.random() < 0.5:
            move(service, key, rng.choice((1, 2, 4)))
            due = time.time() + 2
        time.sleep(max(0.0, due - time.time() + rng.uniform(-1.0, 2.0)))
        return key, cancel(service, key).status

    with ThreadPoolExecutor(8) as pool:
        races = list(pool.map(race, range(RACES)))
    for key, _ in races:
        service.wait_for(key, lambda email: email["state"] in FINAL)
    time.sleep(4)

    assert {status for _, status in races} == {200, 409}
    for key, status in races:
        assert len(service.sent_by_ses(key)) == (0 if status == 200 else 1)
