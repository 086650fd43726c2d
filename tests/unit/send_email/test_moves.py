"""A move is accepted only for an email that can still be sent at its new time."""

from __future__ import annotations

from typing import Any

import pytest

from send_email.queue.envelope import write_job
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fakes import Clock, FakeSES, ListQueue
from tests.unit.send_email.test_schedules import EMAIL, KEY, in_future, move, record


@pytest.mark.parametrize("is_bulk", [False, True])
def test_email_on_the_queue_is_not_moved(
    api: Api, handle: Handle, queue: ListQueue, clock: Clock, ses: FakeSES, is_bulk: bool
) -> None:
    fields: dict[str, Any] = {"stream": "bulk"} if is_bulk else {}
    headers = {} if is_bulk else {"Prefer": "respond-async"}
    api.post({**EMAIL, **fields, "send_at": in_future(seconds=-1)}, **KEY, **headers)

    moved = move(api, in_future(hours=1))
    handle({"Records": [record(write_job(queue.jobs[-1]))]})

    assert moved.status == 409
    assert ses.addresses == [["anna@example.com"]]


def test_email_is_not_moved_beyond_the_life_of_its_content(api: Api, clock: Clock) -> None:
    api.post({**EMAIL, "send_at": in_future(days=365)}, **KEY)
    clock.forward(364 * 86_400)

    moved = move(api, in_future(days=728))

    assert (moved.status, "365 days from the time of the request" in str(moved.content)) == (
        422,
        True,
    )
    assert move(api, in_future(days=365)).status == 200
