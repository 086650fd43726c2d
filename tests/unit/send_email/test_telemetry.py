"""Log lines and metrics, and what they must not contain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.status import ConfigurationError, RetryHint, SendState
from email_store.records import Suppression
from send_email.queue.envelope import read_job
from send_email.sending.backoff import MAX_RETRIES
from send_email.sending.errors import QueueError
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, ListQueue
from tests.unit.send_email.test_records import batch, job_body

Capture = pytest.CaptureFixture[str]
ANNA = "anna.secret@example.com"
EMAIL = {
    "subject": "The secret subject",
    "body": "The secret body",
    "from_email": "Secret Shop <secret.shop@example.com>",
    "to": [ANNA],
    "metadata": {"card": "secret card"},
}


def lines(capture: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]


def metrics(capture: Capture) -> dict[str, float]:
    values: dict[str, float] = {}
    for line in lines(capture):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "AmsdalMail"
            values |= {metric["Name"]: sum(line[metric["Name"]]) for metric in directive["Metrics"]}
    values.pop("ColdStart", None)
    values.pop("Requests", None)
    return values


def test_recipients_are_counted_by_state(
    handle: Handle, service: SendService, ses: FakeSES, capsys: Capture
) -> None:
    service.store.suppress(Suppression(address="held@example.com", reason="bounce", at=NOW))
    ses.respond("bad@example.com", SendState.REJECTED)
    ses.respond("busy@example.com", SendState.FAILED, RetryHint.SOON)
    people = [ANNA, "held@example.com", "bad@example.com", "busy@example.com"]

    handle(batch(EMAIL | {"to": people, "merge_data": {address: {} for address in people}}))

    assert metrics(capsys) == {
        "RecipientsAccepted": 1,
        "RecipientsSuppressed": 1,
        "RecipientsRejected": 1,
        "RecipientsQueued": 1,
    }


def test_replay_counts_no_recipients(handle: Handle, capsys: Capture) -> None:
    handle(batch(EMAIL))
    metrics(capsys)

    handle(batch(EMAIL))

    assert metrics(capsys) == {"EmailsReplayed": 1}


def test_invalid_emails_are_counted_on_every_way(handle: Handle, api: Api, capsys: Capture) -> None:
    handle(batch("no json"))
    assert metrics(capsys) == {"EmailsInvalid": 1}

    api.post(EMAIL | {"to": []})
    assert metrics(capsys) == {"EmailsInvalid": 1}

    api("POST", "/emails/batch", {"emails": [1, EMAIL]})
    assert metrics(capsys) == {"EmailsInvalid": 1, "RecipientsAccepted": 1}


def test_wrong_set_up_is_logged_as_error_and_counted(
    handle: Handle, ses: FakeSES, capsys: Capture
) -> None:
    ses.raises = [ConfigurationError("AccessDenied")]

    handle(batch(EMAIL))

    printed = lines(capsys)
    assert any(line.get("level") == "ERROR" for line in printed)
    assert any(line.get("ConfigurationErrors") == [1.0] for line in printed)


@pytest.mark.parametrize("code", ["SendingPausedException", "TooManyRequestsException"])
def test_stopped_sending_is_counted(
    handle: Handle, ses: FakeSES, capsys: Capture, code: str
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.LATER, code)

    handle(batch(EMAIL))
    assert metrics(capsys) == {"RecipientsQueued": 1, "SendingStopped": 1}


def test_abandoned_email_is_counted(handle: Handle, ses: FakeSES, capsys: Capture) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    body = job_body(EMAIL, retry_count=str(MAX_RETRIES))

    handle(batch(body))

    assert metrics(capsys) == {"RecipientsFailed": 1, "EmailsAbandoned": 1}


def test_postponed_duplicate_is_counted(
    handle: Handle, service: SendService, clock: Clock, capsys: Capture
) -> None:
    job = read_job("record-1", json.dumps(EMAIL), service.contents)
    service.store.claim(job.record(clock()), job.unit, job.addresses, now=clock(), lease_seconds=9)

    handle(batch(EMAIL))

    assert metrics(capsys) == {"EmailsInProgress": 1}


def test_failed_record_is_logged_with_the_error_class(
    handle: Handle, ses: FakeSES, queue: ListQueue, capsys: Capture
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    queue.raises = [QueueError(ANNA)]

    handle(batch(EMAIL))

    (warning,) = [line for line in lines(capsys) if line.get("level") == "WARNING"]
    assert (warning["record"], warning["errors"]) == ("record-1", ["QueueError"])


@pytest.mark.parametrize("way", ["api", "batch", "record"])
def test_bug_is_logged_by_class_and_place_and_counted(
    handle: Handle, api: Api, ses: FakeSES, capsys: Capture, way: str
) -> None:
    def fail() -> None:
        raise KeyError(ANNA) from ValueError(ANNA)

    ses.before = fail
    match way:
        case "api":
            api.post(EMAIL)
        case "batch":
            api("POST", "/emails/batch", {"emails": [EMAIL]})
        case "record":
            handle(batch(EMAIL))

    captured = capsys.readouterr()
    printed = [json.loads(line) for line in captured.out.splitlines()]
    (error,) = [line for line in printed if line.get("level") == "ERROR"]
    assert error["errors"] == ["KeyError", "ValueError"]
    assert "in send_one" in "".join(error["stack"])
    assert [line["InternalErrors"] for line in printed if "InternalErrors" in line] == [[1]]
    assert "secret" not in captured.out + captured.err


@pytest.mark.parametrize("trouble", ["none", "rejected", "queue", "set-up", "bug"])
def test_log_has_no_secret(
    handle: Handle, api: Api, ses: FakeSES, queue: ListQueue, capsys: Capture, trouble: str
) -> None:
    match trouble:
        case "rejected":
            ses.respond(ANNA, SendState.REJECTED)
        case "queue":
            ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
            queue.raises = [QueueError(ANNA), QueueError(ANNA)]
        case "set-up":
            ses.raises = [ConfigurationError(ANNA), ConfigurationError(ANNA)]
        case "bug":
            ses.raises = [RuntimeError(ANNA), RuntimeError(ANNA)]

    handle(batch(EMAIL, EMAIL | {"to": ["secret"], "merge_data": {"secret@x.example": {}}}))
    api.post(EMAIL)
    api.post(EMAIL | {"cc": ["secret"]})

    captured = capsys.readouterr()
    assert "counts" in captured.out or "record" in captured.out
    assert "secret" not in captured.out.lower() + captured.err.lower()
