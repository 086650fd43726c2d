"""One message to thousands, by the API and by the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.chaos.faults import FAULTS_OFF, set_switches
from tests.e2e.service import Service, message, to

PEOPLE = 10_000
SECONDS = 180


@pytest.fixture
def events_go_astray(service: Service) -> Iterator[None]:
    """Keep the tests that follow from waiting behind tens of thousands of events."""
    set_switches(service.aws.ses_url, {"events": {"lost_chance": 1}})
    yield
    set_switches(service.aws.ses_url, FAULTS_OFF)


@pytest.mark.usefixtures("events_go_astray")
@pytest.mark.parametrize("way", ["api", "queue"])
def test_ten_thousand_recipients_are_each_sent_to_once(service: Service, way: str) -> None:
    key = f"newsletter-{uuid4().hex}"
    people = [to(f"success+{way}{number}") for number in range(PEOPLE)]
    named = {"merge_data": {}, "merge_global_data": {"name": "reader"}}
    newsletter = message(*people, body="Dear {{name}}", **named)

    if way == "api":
        assert service.post("/emails", newsletter, {"Idempotency-Key": key}).status == 202
    else:
        service.put_on_queue(newsletter | {"idempotency_key": key})

    email = service.wait_for(key, lambda email: email["counts"] == {"accepted": PEOPLE}, SECONDS)
    service.wait_for_depth("BulkQueueUrl", 0, SECONDS)
    assert email["state"] == "accepted"
    assert email["email"]["recipient_count"] == PEOPLE
    assert Counter(message["to"][0] for message in service.sent_by_ses(key)) == Counter(people)
