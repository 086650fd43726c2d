"""One message to thousands, by the API and by the queue."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.chaos.faults import GOOD_DAYS, switch
from tests.e2e.service import Service, message, to

PEOPLE = 10_000
SECONDS = 180


@pytest.fixture
def events_go_astray(service: Service) -> Iterator[None]:
    """Keep the tests that follow from waiting behind tens of thousands of events."""
    switch(service.aws.ses_url, {"events": {"lost_chance": 1}})
    yield
    switch(service.aws.ses_url, GOOD_DAYS)


@pytest.mark.usefixtures("events_go_astray")
def test_ten_thousand_recipients_are_each_sent_to_once_by_either_way(service: Service) -> None:
    by_api, by_queue = (f"newsletter-{uuid4().hex}" for _ in range(2))

    answer = service.post("/emails", newsletter("api"), {"Idempotency-Key": by_api})
    service.put_on_queue(newsletter("queue") | {"idempotency_key": by_queue})

    assert answer.status == 202
    service.wait_until_empty("SendQueueUrl", SECONDS)
    for key, way in ((by_api, "api"), (by_queue, "queue")):
        email = service.wait_for(key, lambda email: email["counts"] == {"accepted": PEOPLE})
        assert email["state"] == "accepted"
        assert email["email"]["recipient_count"] == PEOPLE
        sent = Counter(one["to"][0] for one in service.sent_by_ses(key))
        assert set(sent) == set(people(way))
        assert set(sent.values()) == {1}


def newsletter(way: str) -> dict[str, Any]:
    named = {"merge_data": {}, "merge_global_data": {"name": "reader"}}
    return message(*people(way), body="Dear {{name}}", **named)


def people(way: str) -> list[str]:
    return [to(f"success+{way}{number}") for number in range(PEOPLE)]
