from __future__ import annotations

import json

import pytest

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import EventKind, parse_notification
from tests.sample_events import load

VALIDATION_TEXT = "Successfully validated SNS topic for Amazon SES event publishing."
BOUNCE = load("ses/bounce_permanent")
SNS = {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(BOUNCE) + "\n"}
EVENTBRIDGE = {"detail-type": "Email Bounced", "source": "aws.ses", "detail": BOUNCE}


@pytest.mark.parametrize(
    "document",
    [
        BOUNCE,
        json.dumps(BOUNCE),
        json.dumps(BOUNCE).encode(),
        json.dumps(BOUNCE) + "\n",
        SNS,
        json.dumps(SNS),
        EVENTBRIDGE,
        json.dumps(EVENTBRIDGE),
        json.dumps({**SNS, "Message": json.dumps(EVENTBRIDGE)}),
    ],
    ids=[
        "mapping",
        "text",
        "bytes",
        "with-newline",
        "sns",
        "sns-text",
        "eventbridge",
        "eventbridge-text",
        "eventbridge-in-sns",
    ],
)
def test_an_event_is_found_however_it_travels(document: object) -> None:
    (event,) = parse_notification(document)

    assert event.kind is EventKind.BOUNCE
    assert event.recipient == "nobody@example.net"


@pytest.mark.parametrize(
    "document",
    [
        VALIDATION_TEXT,
        json.dumps(VALIDATION_TEXT),
        f"{VALIDATION_TEXT}\n".encode(),
        json.dumps({**SNS, "Message": VALIDATION_TEXT}),
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"},
        {"Type": "UnsubscribeConfirmation", "Message": "You have chosen to deactivate"},
        {**EVENTBRIDGE, "detail-type": "Sending Status Disabled", "detail": {"version": "1"}},
    ],
    ids=[
        "validation",
        "validation-json",
        "validation-bytes",
        "validation-sns",
        "subscribe",
        "unsubscribe",
        "account-event",
    ],
)
def test_a_note_about_no_mail_is_no_event(document: object) -> None:
    assert parse_notification(document) == []


ALARM = {"AlarmName": "OldestMessage", "NewStateValue": "ALARM", "Trigger": {"Threshold": 1800}}
STRANGERS = [
    "", "hello", "[]", "null", "7", '"x"', "[" * 100_000, "9" * 5000, "{}", ALARM,
    json.dumps({**SNS, "Message": json.dumps(ALARM)}),
    json.dumps({**SNS, "Message": "AWS Budgets: your budget has exceeded"}),
    {"Records": [{"eventSource": "aws:s3"}]},
    {"Type": "Notification", "Message": 7},
]  # fmt: skip


@pytest.mark.parametrize("document", STRANGERS, ids=lambda value: repr(value)[:12])
def test_another_publishers_notification_is_no_event(document: object) -> None:
    assert parse_notification(document) == []


@pytest.mark.parametrize(
    "document",
    ["{", '{"eventType": "Bounce", "mail": {', b"\xff\xfe", None, 3],
    ids=lambda value: repr(value)[:12],
)
def test_damaged_object_raises_invalid_event_error(document: object) -> None:
    with pytest.raises(InvalidEventError):
        parse_notification(document)
