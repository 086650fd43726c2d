"""The deployed stack where AWS is slow, or is not set up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from local.chaos.faults import FAULTS_OFF, set_switches
from tests.e2e.service import Service, message, to

GATEWAY_SECONDS = 30


@pytest.fixture
def switch(service: Service) -> Iterator[Callable[..., None]]:
    """Set switches of the SES simulator until the end of the test."""
    yield lambda **change: set_switches(service.aws.ses_url, change)
    set_switches(service.aws.ses_url, FAULTS_OFF)


def test_batch_is_answered_in_time_while_ses_is_slow(
    service: Service, switch: Callable[..., None]
) -> None:
    run = uuid4().hex
    keys = [f"slow-{run}-{number}" for number in range(30)]
    batch = {"emails": [message(to(f"success+{key}"), idempotency_key=key) for key in keys]}
    switch(latency_ms=4_000)  # the timeout of the function is 12 seconds here
    began = time.monotonic()

    response = service.post("/emails/batch", batch)
    seconds = time.monotonic() - began
    switch(latency_ms=0)
    repeated = service.post("/emails/batch", batch)

    statuses = Counter(entry["status"] for entry in response.content["emails"])
    assert seconds < GATEWAY_SECONDS
    assert set(statuses) == {200, 202}
    assert {entry["email_id"] for entry in response.content["emails"]} == set(keys)
    assert repeated.status == 200
    for key in keys:
        service.wait_for_state(key, "delivered")
        assert len(service.sent_by_ses(key)) == 1


@pytest.fixture
def unverified(service: Service) -> Iterator[Callable[[], None]]:
    """Make the sender wait for its verification; the returned function verifies it again."""

    def set_status(status: str) -> None:
        set_switches(service.aws.ses_url, {"identities": {"example.com": status}})

    set_status("PENDING")
    yield lambda: set_status("SUCCESS")
    set_status("SUCCESS")


def test_email_waits_for_the_verification_of_its_sender(
    service: Service, unverified: Callable[[], None]
) -> None:
    key = {"Idempotency-Key": f"waiting-{uuid4().hex}"}

    waiting = service.post("/emails", message(), key)
    unverified()
    sent = service.post("/emails", message(), key)

    assert (waiting.status, waiting.content["state"]) == (202, "queued")
    assert sent.status == 200


def test_foreign_sender_gets_422(service: Service) -> None:
    response = service.post("/emails", message(from_email="orders@example.net"))

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["from_email"]
