"""API Gateway ends a request after 30 seconds: each POST gets its response within 28."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from typing_extensions import override

from amsdal_mail.status import RecipientStatus, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from send_email.api.requests import response_deadline
from send_email.handler import create_handler
from send_email.sending.rate_limit import RateShares, SendRateLimiter
from send_email.sending.service import SendService
from send_email.sending.timeouts import API_SECONDS, Timeouts
from send_email.suppressions import Suppressions
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, EMAIL, email
from tests.unit.send_email.conftest import IDENTITIES
from tests.unit.send_email.fakes import NOW, Clock, Context, FakeSendRate, FakeSES, ListQueue
from tests.unit.send_email.jobs import plain

SETTINGS = [6, 10, 28, 30, 60, 300, 900]
"""Values of send_timeout_seconds."""
CALL = 0.05
"""Seconds that a call of the table or the queue takes in virtual time."""


@pytest.mark.parametrize("timeout", SETTINGS)
def test_call_to_ses_fits_into_the_time_that_it_needs(timeout: int) -> None:
    for timeouts in (Timeouts.for_api(timeout, 900), Timeouts.from_settings(timeout, 900)):
        rest = timeouts.min_remaining - timeouts.ses_connect - timeouts.ses_read

        assert rest > min(API_SECONDS, timeout) / 15
    assert Timeouts.for_api(timeout, 900).min_remaining <= min(API_SECONDS, timeout) * 0.8


@dataclass
class VirtualSES:
    """Responds after `latency` virtual seconds, or never within the read timeout."""

    clock: Clock
    timeouts: Timeouts
    latency: float
    calls: list[datetime] = field(default_factory=list)

    def send_one(self, message: Any, *, extra_tags: Any) -> SendStatus:
        self.calls.append(self.clock())
        longest = self.timeouts.ses_connect + self.timeouts.ses_read
        self.clock.forward(min(self.latency, longest))
        state = SendState.ACCEPTED if self.latency <= longest else SendState.UNKNOWN
        return SendStatus.from_recipients(
            RecipientStatus(to.addr_spec, state) for to in message.recipients
        )


class SlowStore(MemoryEmailStore):
    """Each call takes a moment of virtual time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def __getattribute__(self, name: str) -> Any:
        if name in {"claim", "suppressed", "settle", "release"}:
            self._clock.forward(CALL)
        return super().__getattribute__(name)


class SlowQueue(ListQueue):
    clock: Clock

    @override
    def put(self, jobs: Any, delay_seconds: int = 0) -> None:
        self.clock.forward(CALL)
        super().put(jobs, delay_seconds)


@pytest.mark.parametrize("timeout", SETTINGS)
@pytest.mark.parametrize("latency", [0.2, 3, 12, 14.5, 100])
@pytest.mark.parametrize("rate", [0.1, 1, 500])
def test_thread_of_a_batch_ends_in_time(timeout: int, latency: float, rate: float) -> None:
    clock, queue, timeouts = Clock(), SlowQueue(), Timeouts.for_api(timeout, 900)
    queue.clock = clock
    ses = VirtualSES(clock, timeouts, latency)
    service = SendService(
        store=SlowStore(clock),
        sender=ses,
        queue=queue,
        contents=Mock(),
        files=Mock(),
        send_rate=SendRateLimiter(
            RateShares.of_worker(rate, 2, 0.8),
            SlowStore(clock),
            clock=lambda: clock().timestamp(),
            epoch=lambda: clock().timestamp(),
            sleep=clock.forward,
        ),
        identities=IDENTITIES,
        timeouts=timeouts,
        clock=clock,
        jitter=lambda: 0.0,
        schedules=Mock(),
        bus=Mock(),
    )
    seconds = min(API_SECONDS, timeout)

    # A batch of 100 has ten emails for each of its ten threads.
    outcomes = [
        service.send(replace(plain(), email_id=f"order-{number}"), NOW + timedelta(seconds=seconds))
        for number in range(10)
    ]

    assert clock() <= NOW + timedelta(seconds=seconds)
    assert ses.calls
    assert len(queue.entries) == sum(outcome.is_queued for outcome in outcomes)


def test_thread_that_was_frozen_begins_no_call(
    service: SendService, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    class Frozen(FakeSendRate):
        @override
        def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
            clock.forward(3600)
            return True

    outcome = replace(service, send_rate=Frozen()).send(plain(), NOW + timedelta(seconds=28))

    assert outcome.is_queued
    assert (len(ses.sent), len(queue.entries)) == (0, 1)


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [(-8, 20), (0, 28), (-3600, 28), (60, 28), (None, 28)],
    ids=["cold start", "warm", "old sample", "clock ahead", "no time"],
)
def test_time_counts_from_the_arrival_at_the_gateway(arrived: float | None, expected: int) -> None:
    at = None if arrived is None else int((NOW.timestamp() + arrived) * 1000)
    event = APIGatewayProxyEventV2({"requestContext": {"timeEpoch": at}})

    assert response_deadline(event, NOW, 60_000) == NOW + timedelta(seconds=expected)


def test_response_comes_before_lambda_stops_the_function() -> None:
    event = APIGatewayProxyEventV2({"requestContext": {}})

    assert response_deadline(event, NOW, 6_000) < NOW + timedelta(seconds=6)


REMAINING = 3.5
"""Seconds of Lambda, which leave three seconds for the response: a test in real time."""


@pytest.fixture
def hung() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def real_api(service: SendService, suppressions: Suppressions) -> Callable[..., Any]:
    """The API in real time. It calls SES only with two seconds left."""
    timeouts = Timeouts(min_remaining=2, ses_connect=0.1, ses_read=1.5, lost_response=900)
    in_time = replace(service, timeouts=timeouts, clock=partial(datetime.now, UTC))
    handler = create_handler(
        lambda: service, lambda: in_time, lambda: suppressions, Mock(), Mock(), Mock()
    )
    return Api(lambda event: handler(event, Context(remaining=REMAINING)))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def powertools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "send_email")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AmsdalMail")


def test_remaining_emails_of_a_batch_go_to_the_queue(
    real_api: Api, ses: FakeSES, queue: ListQueue
) -> None:
    ses.before = partial(time.sleep, 1.2)
    began = time.monotonic()

    response = real_api("POST", "/emails/batch", {"emails": [EMAIL] * 100})

    assert time.monotonic() - began < REMAINING
    assert (
        sorted(entry["status"] for entry in response.content["emails"]) == [200] * 10 + [202] * 90
    )
    assert (len(ses.sent), len(queue.entries)) == (10, 90)


def test_hung_call_gets_503_with_the_email_id(
    real_api: Api, ses: FakeSES, hung: threading.Event
) -> None:
    ses.before = hung.wait
    began = time.monotonic()

    response = real_api.post(EMAIL)
    repeated = real_api.post(EMAIL, idempotency_key=response.content["email_id"])

    assert time.monotonic() - began < 2 * REMAINING
    assert (response.status, response.headers["retry-after"]) == (503, "5")
    assert repeated.status == 409


@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_hung_table_gets_503_for_each_email_of_a_batch(
    real_api: Api, store: MemoryEmailStore, hung: threading.Event, prefer: str
) -> None:
    def hang(*_: Any, **__: Any) -> None:
        hung.wait()
        raise RuntimeError

    store.claim = store.register = hang  # type: ignore[method-assign, assignment]
    emails = [email(to=[ANNA], idempotency_key=f"k{number}") for number in range(30)]

    response = real_api("POST", "/emails/batch", {"emails": emails}, {"prefer": prefer})

    entries = response.content["emails"]
    assert [entry["status"] for entry in entries] == [503] * 30
    assert [entry["email_id"] for entry in entries] == [f"k{number}" for number in range(30)]
