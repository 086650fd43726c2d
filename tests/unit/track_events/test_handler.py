from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import EventKind, parse_notification
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from email_store.store import StoreError
from tests.sample_events import load, names
from tests.unit.track_events.conftest import Handle, ListBus
from track_events.event_bus import PublishError
from track_events.records import collapse_unattributed
from track_events.service import metric_of

NONE_FAILED: dict[str, list[object]] = {"batchItemFailures": []}
Capture = pytest.CaptureFixture[str]
DAMAGED = '{"eventType": "Bounce", "mail": {'


def sqs(*documents: Any) -> dict[str, Any]:
    """A batch of SQS records with raw delivery."""
    batch = load("track_events/sqs_raw")
    (record,) = batch["Records"]
    batch["Records"] = [
        {
            **record,
            "messageId": f"record-{number}",
            "body": document if isinstance(document, str) else json.dumps(document),
        }
        for number, document in enumerate(documents, 1)
    ]
    return batch  # type: ignore[no-any-return]


def log_lines(capture: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]


def metrics(capture: Capture) -> dict[str, float]:
    values: dict[str, float] = {}
    for line in log_lines(capture):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "AmsdalMail"
            values |= {metric["Name"]: sum(line[metric["Name"]]) for metric in directive["Metrics"]}
    values.pop("ColdStart", None)
    return values


@pytest.mark.parametrize("name", names("ses"))
def test_each_sample_of_ses_is_stored_and_published(
    name: str, handle: Handle, store: MemoryEmailStore, bus: ListBus, capsys: Capture
) -> None:
    expected = collapse_unattributed(parse_notification(load(name)))

    assert handle(sqs(load(name))) == NONE_FAILED

    assert bus.events == expected
    for event in expected:
        view = store.load(event.email_id or f"ses-{event.message_id}")
        assert view is not None
        assert event.event_id in {record.event_id for record in view.timeline}
        assert store.suppressed([event.recipient or ""]) == (
            {event.recipient} if event.should_suppress else set()
        )
    counted = metrics(capsys)
    is_one = not all(event.is_recipient_known for event in expected)
    suppressed = sum(event.should_suppress for event in expected)
    assert counted == (
        {metric_of(event.kind): 1 if is_one else len(expected) for event in expected}
        | ({"SuppressedAddresses": suppressed} if suppressed else {})
        or {"IgnoredNotifications": 1}
    )


INVOCATIONS: dict[str, tuple[int, list[int]]] = {
    "eventbridge": (1, []),
    "eventbridge_account_event": (0, []),
    "inbound_mail": (0, []),
    "sns": (1, []),
    "sns_validation_text": (0, []),
    "sqs_batch": (5, []),
    "sqs_from_eventbridge": (1, []),
    "sqs_one_bad_record": (2, [1]),
    "sqs_raw": (1, []),
    "sqs_redelivered": (1, []),
    "sqs_sns_envelope": (1, []),
    "sqs_subscription_confirmation": (0, []),
    "sqs_validation_text": (0, []),
}
"""The number of events of each sample invocation, and the records that fail."""


@pytest.mark.parametrize("name", names("track_events"))
def test_every_sample_invocation_is_handled(name: str, handle: Handle, bus: ListBus) -> None:
    event = load(name)
    count, failed = INVOCATIONS[name.partition("/")[2]]

    response = handle(event)

    assert len(bus.events) == count
    if "/sqs" in name:
        ids = [event["Records"][number]["messageId"] for number in failed]
        assert response == {"batchItemFailures": [{"itemIdentifier": name} for name in ids]}
    else:
        assert response is None


def test_a_bare_event_can_be_tried_by_hand(handle: Handle, bus: ListBus) -> None:
    handle(load("ses/bounce_permanent"))

    assert [event.kind for event in bus.events] == [EventKind.BOUNCE]


def test_record_delivered_twice_is_published_once(
    handle: Handle, store: MemoryEmailStore, bus: ListBus, capsys: Capture
) -> None:
    handle(sqs(load("ses/delivery")))
    before = store.load("order-1003")
    capsys.readouterr()

    assert handle(sqs(load("ses/delivery"), load("ses/delivery"))) == NONE_FAILED

    assert store.load("order-1003") == before
    assert len(bus.events) == 1
    assert metrics(capsys) == {"DuplicateEvents": 2}


def test_a_bad_record_fails_alone_and_is_counted(handle: Handle, capsys: Capture) -> None:
    response = handle(sqs(load("ses/delivery"), DAMAGED, load("ses/open")))

    assert response == {"batchItemFailures": [{"itemIdentifier": "record-2"}]}
    assert metrics(capsys) == {"DeliveryEvents": 1, "OpenEvents": 1, "FailedRecords": 1}


def test_batch_of_bad_records_is_not_a_function_error(
    handle: Handle,
) -> None:
    response = handle(sqs(DAMAGED, '{"eventType": 7}'))

    assert [failure["itemIdentifier"] for failure in response["batchItemFailures"]] == [
        "record-1",
        "record-2",
    ]


@pytest.mark.parametrize("failure", [PublishError("1 of 1 entries"), StoreError("down")], ids=repr)
def test_failed_publishing_is_repeated_with_the_record(
    failure: Exception, handle: Handle, store: MemoryEmailStore, bus: ListBus, capsys: Capture
) -> None:
    bus.failures.append(failure)
    record = sqs(load("ses/bounce_permanent"))

    assert handle(record) == {"batchItemFailures": [{"itemIdentifier": "record-1"}]}
    assert bus.events == []
    assert handle(record) == NONE_FAILED

    assert len(bus.events) == 1
    view = store.load("order-1005")
    assert view is not None
    assert view.state is EmailState.BOUNCED
    assert len(view.timeline) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"eventType": 7},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": DAMAGED}}]},
        {"detail-type": "Email Bounced", "source": "aws.ses", "detail": {"eventType": "Bounce"}},
    ],
    ids=["bare", "sns", "eventbridge"],
)
def test_unreadable_event_without_a_queue_is_a_function_error(
    event: dict[str, Any], handle: Handle, capsys: Capture
) -> None:
    with pytest.raises(InvalidEventError):
        handle(event)

    assert metrics(capsys) == {"FailedRecords": 1}


STRANGERS: dict[str, Any] = {
    "keep-warm ping": {"ping": True},
    "scheduled event": {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
    "no records": {"Records": []},
    "an alarm by SQS": sqs({"AlarmName": "OldestMessage", "NewStateValue": "ALARM"}),
    "plain text by SQS": sqs("Your budget has exceeded its limit"),
}


@pytest.mark.parametrize("event", STRANGERS.values(), ids=STRANGERS)
def test_a_strangers_message_is_ignored_and_counted(
    event: dict[str, Any], handle: Handle, capsys: Capture
) -> None:
    assert handle(event) in (None, NONE_FAILED)

    assert metrics(capsys) == {"IgnoredNotifications": 1}


def addresses() -> set[str]:
    """Every address of the samples, up to its @."""
    events = [event for name in names("ses") for event in parse_notification(load(name))]
    return {(event.recipient or "").partition("@")[0] + "@" for event in events}


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_logs_hold_no_address_no_subject_and_no_diagnostics(
    level: str, handle: Handle, bus: ListBus, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", level)
    for name in names("ses"):
        handle(sqs(load(name)))
    for name in names("track_events"):
        handle(load(name))
    broken = load("ses/bounce_permanent")
    broken["bounce"]["bouncedRecipients"] = [{"address": "nobody@example.net"}]
    bus.failures.append(KeyError("nobody@example.net"))

    response = handle(sqs(broken, load("ses/send"), '{"nobody@example.net'))

    assert len(response["batchItemFailures"]) == 3
    logs = capsys.readouterr().out
    assert "FailedRecords" in logs
    assert ("a***@example.net" in logs) is (level == "DEBUG")
    for secret in ("Order Confirmation", "Invoice", "User unknown", *addresses()):
        assert secret not in logs


def test_unexpected_error_is_logged_without_its_text(
    handle: Handle, bus: ListBus, capsys: Capture
) -> None:
    bus.failures.append(KeyError("nobody@example.net"))

    handle(sqs(load("ses/bounce_permanent")))

    (warning,) = [line for line in log_lines(capsys) if line.get("level") == "WARNING"]
    assert warning["errors"] == ["KeyError"]
    assert warning["record"] == "record-1"
    assert "publish" in "".join(warning["stack"])
    assert "nobody" not in json.dumps(warning)
