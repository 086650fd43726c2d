"""Where a timer waits: on the send queue, or in EventBridge Scheduler."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.envelope import open_envelope
from amsdal_mail.stream import Stream
from send_email.queue.timers import QueueTimers, ScheduleTarget, is_timer, timer_body
from send_email.sending.errors import QueueError
from send_email.sending.timers import OneTimeSchedule, QueueDelay, Timer, plan_timer

NOW = datetime(2026, 12, 1, 12, 0, 0, 500_000, tzinfo=UTC)
TARGET = ScheduleTarget(
    group="AmsdalMail-dev",
    queue_arns={
        Stream.TRANSACTIONAL: "arn:aws:sqs:eu-west-1:123456789012:send",
        Stream.BULK: "arn:aws:sqs:eu-west-1:123456789012:bulk",
    },
    dead_letter_arn="arn:aws:sqs:eu-west-1:123456789012:undelivered",
    role_arn="arn:aws:iam::123456789012:role/timers",
)
URLS = {Stream.TRANSACTIONAL: "https://queue", Stream.BULK: "https://bulk"}
QUARTER = timedelta(minutes=15)


def timer(wait: timedelta, generation: int = 1, email_id: str = "order-1") -> Timer:
    return Timer(email_id, generation, NOW.replace(microsecond=0) + wait)


@pytest.mark.parametrize(
    ("wait", "plan"),
    [
        (timedelta(days=-1), QueueDelay(0)),
        (timedelta(seconds=1), QueueDelay(1)),
        (QUARTER, QueueDelay(900)),
        (
            QUARTER + timedelta(seconds=1),
            OneTimeSchedule(timer(QUARTER).at - timedelta(seconds=59)),
        ),
    ],
    ids=["past", "a second", "15 minutes", "longer"],
)
def test_queue_delays_up_to_15_minutes(wait: timedelta, plan: QueueDelay | OneTimeSchedule) -> None:
    assert plan_timer(timer(wait), NOW) == plan


@given(seconds=st.integers(0, 365 * 86_400), longest=st.integers(1, 900))
def test_timer_waits_at_least_and_a_schedule_is_ahead(seconds: int, longest: int) -> None:
    waiting = timer(timedelta(seconds=seconds))

    plan = plan_timer(waiting, NOW, longest)

    if isinstance(plan, QueueDelay):
        assert plan.seconds <= longest
        assert NOW + timedelta(seconds=plan.seconds) >= waiting.at
    else:
        assert NOW < plan.at <= waiting.at
        assert waiting.at - plan.at <= timedelta(seconds=60)


class Queue:
    """SQS in memory."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **call: Any) -> None:
        self.sent.append(call)


@pytest.fixture
def scheduler() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client(
        "scheduler", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        yield client, stubber


def timers(queue: Queue, client: Any) -> QueueTimers:
    return QueueTimers(
        sqs=queue,  # type: ignore[arg-type]
        queue_urls=URLS,
        scheduler=lambda: client,
        target=TARGET,
    )


def no_client() -> Any:
    raise AssertionError("the client is made only for a long wait")


def test_near_timer_needs_no_scheduler() -> None:
    queue = Queue()
    near = QueueTimers(
        sqs=queue,  # type: ignore[arg-type]
        queue_urls=URLS,
        scheduler=no_client,
        target=TARGET,
    )

    near.set(timer(timedelta(minutes=5)), NOW)

    (message,) = queue.sent
    assert message["DelaySeconds"] == 300
    notes, _ = open_envelope(message["MessageBody"])
    assert is_timer(notes)


def test_schedule_is_deleted_after_its_time(scheduler: tuple[Any, Stubber]) -> None:
    client, stubber = scheduler
    expected: dict[str, Any] = {}
    client.meta.events.register(
        "provide-client-params.scheduler.CreateSchedule",
        lambda params, **_: expected.update(params),
    )
    stubber.add_response("create_schedule", {"ScheduleArn": "arn"})

    timers(Queue(), client).set(timer(timedelta(days=2)), NOW)

    assert expected["ScheduleExpression"] == "at(2026-12-03T11:59:00)"
    assert expected["ScheduleExpressionTimezone"] == "UTC"
    assert expected["ActionAfterCompletion"] == "DELETE"
    assert expected["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert expected["GroupName"] == TARGET.group
    assert expected["ClientToken"] == expected["Name"]
    assert expected["Target"]["Arn"] == TARGET.queue_arns[Stream.TRANSACTIONAL]
    assert expected["Target"]["RoleArn"] == TARGET.role_arn
    assert expected["Target"]["DeadLetterConfig"] == {"Arn": TARGET.dead_letter_arn}
    assert expected["Target"]["Input"] == timer_body(timer(timedelta(days=2)))


def test_name_tells_times_and_emails_apart(scheduler: tuple[Any, Stubber]) -> None:
    client, stubber = scheduler
    names: list[str] = []
    client.meta.events.register(
        "provide-client-params.scheduler.CreateSchedule",
        lambda params, **_: names.append(params["Name"]),
    )
    day = timedelta(days=1)
    waiting = [timer(day), timer(2 * day), timer(day, 2), timer(day, 1, "order-1.1"), timer(day)]

    for each_timer in waiting:
        stubber.add_response("create_schedule", {"ScheduleArn": "arn"})
        timers(Queue(), client).set(each_timer, NOW)

    assert len(set(names)) == 4
    assert names[0] == names[-1]
    assert all(len(name) <= 64 for name in names)


def test_same_timer_can_be_set_again(scheduler: tuple[Any, Stubber]) -> None:
    client, stubber = scheduler
    stubber.add_client_error("create_schedule", "ConflictException")

    timers(Queue(), client).set(timer(timedelta(days=1)), NOW)

    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "ServiceQuotaExceededException", "InternalServerException",
     "ResourceNotFoundException", "AccessDeniedException", "ValidationException"],
)  # fmt: skip
def test_refused_schedule_is_an_error(scheduler: tuple[Any, Stubber], code: str) -> None:
    client, stubber = scheduler
    stubber.add_client_error("create_schedule", code)

    with pytest.raises(QueueError, match=code):
        timers(Queue(), client).set(timer(timedelta(days=1)), NOW)


def test_unreachable_scheduler_is_an_error() -> None:
    class Unreachable:
        def create_schedule(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://scheduler")

        delete_schedule = create_schedule

    with pytest.raises(QueueError, match="CreateSchedule"):
        timers(Queue(), Unreachable()).set(timer(timedelta(days=1)), NOW)
    timers(Queue(), Unreachable()).drop(timer(timedelta(days=1)))


def test_timer_without_scheduler_comes_early() -> None:
    queue = Queue()

    timers(queue, None).set_near(timer(timedelta(days=1)), NOW)
    timers(queue, None).set_near(timer(timedelta(minutes=1)), NOW)

    assert [message["DelaySeconds"] for message in queue.sent] == [900, 60]


def test_dropped_timer_is_deleted_by_its_name(scheduler: tuple[Any, Stubber]) -> None:
    client, stubber = scheduler
    names: list[str] = []
    for operation in ("CreateSchedule", "DeleteSchedule"):
        client.meta.events.register(
            f"provide-client-params.scheduler.{operation}",
            lambda params, **_: names.append(params["Name"]),
        )
    stubber.add_response("create_schedule", {"ScheduleArn": "arn"})
    stubber.add_response("delete_schedule", {})
    stubber.add_client_error("delete_schedule", "ResourceNotFoundException")

    kept = timers(Queue(), client)
    kept.set(timer(timedelta(days=1)), NOW)
    kept.drop(timer(timedelta(days=1)))
    kept.drop(timer(timedelta(days=1)))

    assert len(names) == 3
    assert len(set(names)) == 1


@pytest.mark.parametrize(
    "notes",
    [{}, {"email_id": "order-1"}, {"generation": "1"}, {"email_id": "a b", "generation": "1"},
     {"email_id": "order-1", "generation": "x"}, {"email_id": "order-1", "generation": ""}],
    ids=["empty", "no generation", "no id", "other id", "other generation", "no number"],
)  # fmt: skip
def test_other_notes_are_no_timer(notes: dict[str, str]) -> None:
    assert not is_timer(notes)


def test_body_of_a_timer_is_json() -> None:
    document = json.loads(timer_body(timer(timedelta(0), 3)))

    assert document == {
        "amsdal_mail": {"email_id": "order-1", "generation": "3"},
        "request": {},
    }


def test_timer_comes_by_the_queue_of_its_stream(scheduler: tuple[Any, Stubber]) -> None:
    client, stubber = scheduler
    targets: list[str] = []
    client.meta.events.register(
        "provide-client-params.scheduler.CreateSchedule",
        lambda params, **_: targets.append(params["Target"]["Arn"]),
    )
    stubber.add_response("create_schedule", {"ScheduleArn": "arn"})
    queue = Queue()
    far, near = (
        Timer("newsletter", 1, NOW + wait, Stream.BULK)
        for wait in (timedelta(days=1), timedelta(minutes=1))
    )

    timers(queue, client).set(far, NOW)
    timers(queue, client).set(near, NOW)

    assert targets == [TARGET.queue_arns[Stream.BULK]]
    assert [message["QueueUrl"] for message in queue.sent] == ["https://bulk"]
