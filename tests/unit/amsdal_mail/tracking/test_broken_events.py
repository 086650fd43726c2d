"""Invalid events: the error names the field, and quotes no address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import parse_event, parse_notification
from tests.sample_events import load

RECEIVED_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENVELOPE_TIME = "2026-03-02T11:00:00.000Z"


def broken(sample: str, **changes: Any) -> dict[str, Any]:
    """The sample with values at paths (`mail__timestamp`) replaced."""
    payload: dict[str, Any] = load(f"ses/{sample}")
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = payload
        for name in parents:
            target = target[name]
        target[last] = value
    return payload


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "eventType"),
        ({"eventType": 7}, "eventType"),
        ({"eventType": "Bounce"}, "bounce.bouncedRecipients"),
        (broken("send", mail=[]), "mail.timestamp"),
        (broken("complaint", mail=[]), "mail.messageId"),
        (broken("send", mail__timestamp=None), "mail.timestamp"),
        (broken("send", mail__timestamp="yesterday"), "mail.timestamp"),
        (broken("send", mail__timestamp="0001-01-01T00:00:00+14:00"), "mail.timestamp"),
        (broken("bounce_permanent", bounce__bounceType=None), "bounce.bounceType"),
        (broken("bounce_permanent", bounce=None), "bounce.bouncedRecipients"),
        (
            broken("bounce_permanent", bounce__bouncedRecipients=[]),
            "bounce.bouncedRecipients",
        ),
        (
            broken("complaint", complaint__complainedRecipients=[{"name": "x"}]),
            "complaint.complainedRecipients",
        ),
        (broken("delivery", delivery__recipients="alice@example.net"), "delivery.recipients"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_error_of_a_broken_event_names_the_field(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_event(payload)

    assert caught.value.field == field
    assert "@" not in str(caught.value)


UNREADABLE = {
    "time of the bounce": {"bounce__timestamp": "yesterday"},
    "every time": {"bounce__timestamp": 7, "mail__timestamp": "soon"},
    "message id": {"mail__messageId": None},
    "tags and headers": {"mail__tags": {"email_id": ["order-1005"], "x": 7}, "mail__headers": 3},
    "a destination": {"mail__destination": [{}, "x" * 600, "nobody@example.net"]},
    "another recipient": {
        "bounce__bouncedRecipients": [7, {"emailAddress": []}, {"emailAddress": "@example.net"},
                                      {"emailAddress": "nobody@example.net"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("changes", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_field_costs_a_bounce_no_effect(changes: dict[str, Any]) -> None:
    (event,) = parse_event(broken("bounce_permanent", **changes), RECEIVED_AT)

    assert event.recipient == "nobody@example.net"
    assert event.email_id == "order-1005"
    assert event.should_suppress


@pytest.mark.parametrize("envelope", ["sns", "eventbridge", "none"])
def test_an_unreadable_time_is_taken_from_the_envelope(envelope: str) -> None:
    payload = broken("bounce_permanent", bounce__timestamp="?", mail__timestamp="?")
    envelopes: dict[str, Any] = {
        "sns": {"Type": "Notification", "Message": json.dumps(payload), "Timestamp": ENVELOPE_TIME},
        "eventbridge": {"detail-type": "Email Bounced", "detail": payload, "time": ENVELOPE_TIME},
        "none": payload,
    }

    (event,) = parse_notification(envelopes[envelope], RECEIVED_AT)

    of_envelope = datetime.fromisoformat(ENVELOPE_TIME)
    assert event.at == (RECEIVED_AT if envelope == "none" else of_envelope)


@pytest.mark.parametrize(
    ("sent", "reported"),
    [
        ("Nobody@example.net", "nobody@EXAMPLE.net."),
        ("a@xn--mnchen-3ya.example", "a@M\u00fcnchen.example"),
        ("nobody@example.net", "Nobody <nobody@example.net>"),
    ],
    ids=["case and trailing dot", "unicode domain", "display name"],
)
def test_a_reported_address_matches_as_mail_servers_compare(sent: str, reported: str) -> None:
    payload = broken(
        "bounce_permanent",
        mail__destination=["other@example.org", sent],
        bounce__bouncedRecipients=[{"emailAddress": reported}],
    )

    (event,) = parse_event(payload)

    assert event.recipient == sent
    assert event.should_suppress


def test_bounce_suppresses_only_recipients_of_the_message() -> None:
    payload = broken("bounce_permanent", mail__destination=["alias@example.org"])

    (event,) = parse_event(payload)

    assert event.recipient == "nobody@example.net"
    assert not event.should_suppress


def test_a_bounce_never_falls_back_on_the_destination() -> None:
    payload = load("ses/bounce_permanent_one_of_three")

    assert [event.recipient for event in parse_event(payload)] == ["Nobody@example.net"]


def test_deep_nesting_is_refused() -> None:
    payload = load("ses/send")
    for _ in range(100):
        payload["mail"] = {**payload["mail"], "x": [payload["mail"]]}

    with pytest.raises(InvalidEventError, match="nested"):
        parse_event(payload)


def test_lone_surrogates_are_replaced() -> None:
    document = json.dumps(load("ses/bounce_permanent"))
    for part in ("nobody@", "metadata_", "order-confirmation", "5.1.1"):
        document = document.replace(part, rf"\ud800{part}")

    (event,) = parse_event(json.loads(document))

    assert event.recipient == "?nobody@example.net"
    json.dumps(event.to_dict(), ensure_ascii=False).encode()
