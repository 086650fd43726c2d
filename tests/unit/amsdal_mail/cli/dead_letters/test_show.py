"""Dead letters with the reasons for which they failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from amsdal_mail import EmailRequest
from amsdal_mail.cli.dead_letters import DeadLetter, show
from amsdal_mail.cli.dead_letters.function_log import FunctionLog
from amsdal_mail.cli.service import ServiceError
from amsdal_mail.envelope import seal
from send_email.queue.timers import timer_body
from send_email.sending.timers import Timer
from tests.sample_events import load
from tests.unit.amsdal_mail.cli.dead_letters.queues_in_memory import (
    Queues,
    fake_stage,
    refusal,
)

REQUEST = EmailRequest(
    from_email="a@example.com", to=["b@example.com"], subject="Hi", body="x"
).to_json()
NOTES = {
    "email_id": "order-1", "fingerprint": "0" * 64, "retry_count": "003", "postpone_count": "00",
}  # fmt: skip
FAILED = {"message": "request failed", "record": "id-1", "errors": ["StoreError", "GetItem: X"]}


class Functions:
    """Lambda's configuration of functions, and CloudWatch Logs with the lines of a function."""

    def __init__(self, *pages: list[str], error: Exception | None = None) -> None:
        self.pages, self.error = list(pages), error
        self.calls: list[dict[str, Any]] = []

    def get_function_configuration(self, **_call: Any) -> dict[str, Any]:
        return {"LoggingConfig": {"LogGroup": "/group"}}

    def filter_log_events(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        if self.error:
            raise self.error
        number = int(call.get("nextToken", 0))
        lines = self.pages[number] if number < len(self.pages) else []
        page: dict[str, Any] = {"events": [{"message": line} for line in lines]}
        return page | ({"nextToken": str(number + 1)} if number + 1 < len(self.pages) else {})


class Records:
    def __init__(self, answer: Callable[[], Mapping[str, Any]]) -> None:
        self.answer, self.asked = answer, list[str]()

    def show(self, email_id: str) -> Any:
        self.asked.append(email_id)
        return self.answer()


def _missing() -> Mapping[str, Any]:
    raise ServiceError(404, "no such email")


def _letters(
    *bodies: str,
    queue: str = "send",
    log: Functions | None = None,
    records: Any = None,
    **more: Any,
) -> list[DeadLetter]:
    sqs = Queues(list(bodies))
    for number, message in enumerate(sqs.dead):
        message.update(more, MessageId=f"id-{number}")
    functions = log or Functions([])
    stage = fake_stage({"sqs": sqs, "lambda": functions, "logs": functions})
    return show(stage, queue, 10, records=records)


def _texts(letter: DeadLetter) -> list[str]:
    return [f"{reason.source}: {reason.text}" for reason in letter.reasons]


def test_every_message_is_received_once_and_given_back() -> None:
    sqs = Queues([str(number) for number in range(25)])
    functions = Functions([])
    stage = fake_stage({"sqs": sqs, "lambda": functions, "logs": functions})

    letters = show(stage, "send", 22)

    assert len(letters) == 22
    assert sorted(sqs.received) == sorted(set(sqs.received))
    assert sqs.hidden == set()
    assert len(sqs.dead) == 25


def test_messages_are_given_back_when_a_call_fails() -> None:
    class Failing(Queues):
        def receive_message(self, *, QueueUrl: str, **call: Any) -> dict[str, Any]:  # noqa: N803
            if self.received:
                raise EndpointConnectionError(endpoint_url="https://sqs")
            return super().receive_message(QueueUrl=QueueUrl, **call)

    sqs = Failing(["a", "b"])

    with pytest.raises(EndpointConnectionError):
        show(fake_stage({"sqs": sqs}), "send")

    assert sqs.hidden == set()


def test_ids_age_and_receives_are_those_of_sqs() -> None:
    (letter,) = _letters(REQUEST)

    assert (letter.message_id, letter.receives, letter.kind) == ("id-0", 11, "request")
    assert letter.email_id == "id-0"  # a request without a key has the id of its record
    assert letter.sent_at == datetime(2026, 12, 1, 2, 31, 33, 145000, UTC)


@pytest.mark.parametrize(
    ("body", "kind", "email_id"),
    [
        (REQUEST.replace("{", '{"idempotency_key": "order-7", ', 1), "request", "order-7"),
        (seal({"original_message_id": "first"}, REQUEST), "request", "first"),
        (seal(NOTES, REQUEST), "job", "order-1"),
        (timer_body(Timer("later-1", 2, datetime.now(UTC))), "timer", "later-1"),
        ("\x00\ud800" * 3, "request", "id-0"),
        ("[" * 100_000, "request", "id-0"),
        ('{"idempotency_key": 5}', "request", "id-0"),
        ('{"amsdal_mail": {"email_id": 5}, "request": {}}', "request", "id-0"),
    ],
)
def test_email_of_a_message_is_named(body: str, kind: str, email_id: str) -> None:
    (letter,) = _letters(body)

    assert (letter.kind, letter.email_id) == (kind, email_id)


def test_rule_that_a_job_breaks_comes_first() -> None:
    broken = REQUEST.replace("b@example.com", "nobody")

    (letter,) = _letters(seal(NOTES, broken), log=Functions([json.dumps(FAILED)]))

    assert _texts(letter) == [
        "message: the request breaks a rule: to[0]: must be an address of the form local@domain",
        "log: request failed: StoreError from GetItem: X",
        "message: the service retried it 3 times",
    ]
    assert letter.reason.startswith("the request breaks a rule")


def test_newest_failure_in_the_log_is_shown() -> None:
    older = json.dumps({**FAILED, "errors": ["TimeoutError"]})
    log = Functions(["no json", older], [json.dumps({"message": "other"})], [json.dumps(FAILED)])

    (letter,) = _letters(REQUEST, log=log)

    assert letter.reason == "request failed: StoreError from GetItem: X"
    assert log.calls[0]["filterPattern"] == '"id-0"'
    assert log.calls[0]["logGroupName"] == "/group"


def test_search_of_a_log_is_bounded() -> None:
    log = Functions(*[[] for _ in range(1000)])

    (letter,) = _letters(REQUEST, log=log)

    assert len(log.calls) == 10
    assert letter.reason == "no line in the first 10 pages of /group"


def test_search_of_a_log_ends_in_time() -> None:
    log = Functions([json.dumps(FAILED)])
    stage = fake_stage({"lambda": log, "logs": log})

    reason = FunctionLog(stage, "send", seconds=-1).why("id-0", datetime.now(UTC))

    assert (reason.text, log.calls) == ("not searched: it took too long", [])


def test_log_without_a_line_names_what_leaves_none() -> None:
    (letter,) = _letters(REQUEST)

    assert "run out of time or memory" in letter.reason


def test_log_that_may_not_be_read_does_not_hide_the_letter() -> None:
    log = Functions(error=refusal("AccessDeniedException", "FilterLogEvents"))

    (letter,) = _letters(REQUEST, log=log)

    assert letter.reason.startswith("the log could not be read: ")
    assert "AccessDeniedException" in letter.reason


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (_missing, "the service has no record of the email: it was never claimed"),
        (
            lambda: {"state": "delivered", "counts": {"delivered": 1}, "recipients": []},
            "the email is delivered: a redrive sends nothing again",
        ),
        (
            lambda: {
                "state": "queued",
                "counts": {"queued": 1},
                "recipients": [
                    {"state": "queued", "error_code": "AccessDenied", "error_message": "no"}
                ],
            },
            "queued: AccessDenied no",
        ),
        (
            lambda: {
                "state": "rejected",
                "counts": {},
                "email": {"errors": [{"field": "to", "rule": "is empty"}]},
            },
            "to: is empty",
        ),
        (lambda: {"state": "queued", "counts": {"queued": 2}}, "the email is queued"),
    ],
)
def test_record_of_the_email_is_shown(answer: Any, text: str) -> None:
    records = Records(answer)

    (letter,) = _letters(seal(NOTES, REQUEST), records=records)

    assert records.asked == ["order-1"]
    assert f"record: {text}" in _texts(letter)


def test_address_in_a_record_is_masked() -> None:
    text = "550 <anna@example.com>: no such user (anna@example.com)"
    row = {"state": "failed", "error_code": "Bounce", "error_message": text}
    answer = {"state": "failed", "counts": {"failed": 1}, "recipients": [row]}

    (letter,) = _letters(seal(NOTES, REQUEST), records=Records(lambda: answer))

    assert "550 <a" in _texts(letter)[-1]
    assert "anna" not in _texts(letter)[-1]


def test_record_that_cannot_be_read_does_not_hide_the_letter() -> None:
    def refused() -> Mapping[str, Any]:
        raise ServiceError(403, "forbidden")

    (letter,) = _letters(REQUEST, records=Records(refused))

    assert _texts(letter)[-1] == "record: the record could not be read: forbidden"


def test_scheduler_says_why_a_timer_was_not_delivered() -> None:
    attributes = {
        "ERROR_CODE": {"StringValue": "AWS.SimpleQueueService.NonExistentQueue"},
        "ERROR_MESSAGE": {"StringValue": "The queue does not exist."},
    }
    sqs = Queues([timer_body(Timer("later-1", 1, datetime.now(UTC)))])
    sqs.dead[0]["MessageAttributes"] = attributes
    outputs = {"UndeliveredTimerQueueUrl": "https://sqs/1/timers", "SendQueueUrl": "https://s"}

    (letter,) = show(fake_stage({"sqs": sqs}, outputs), "timers")

    expected = "AWS.SimpleQueueService.NonExistentQueue: The queue does not exist."
    assert letter.reason == expected


def test_event_names_its_kind_and_its_email() -> None:
    (letter,) = _letters(json.dumps(load("ses/bounce_permanent")), queue="events")

    assert letter.kind == "event"
    assert letter.email_id
    assert "message: event: bounce" in _texts(letter)


@pytest.mark.parametrize("body", ["{", '{"eventType": "Bounce"}'])
def test_event_of_a_wrong_form_is_shown_with_the_fault(body: str) -> None:
    (letter,) = _letters(body, queue="events")

    assert letter.reason.startswith("no event of SES: ")


def test_stranger_on_the_topic_is_of_another_kind() -> None:
    (letter,) = _letters("[" * 100_000, queue="events")

    assert letter.kind == "other"
