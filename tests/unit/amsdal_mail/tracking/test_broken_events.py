"""Events that are none: the error names the field, and quotes no address."""

import json
from typing import Any

import pytest

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import (
    parse_event,
)
from tests.sample_events import load


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
        (broken("send", mail=[]), "mail"),
        (broken("send", mail__messageId=None), "mail.messageId"),
        (broken("send", mail__timestamp=None), "mail.timestamp"),
        (broken("send", mail__timestamp="yesterday"), "mail.timestamp"),
        (broken("send", mail__timestamp="0001-01-01T00:00:00+14:00"), "mail.timestamp"),
        (broken("send", mail__destination=["x" * 600]), "mail.destination"),
        (broken("open", open__timestamp=1772442931), "open.timestamp"),
        (broken("open", open="now"), "open"),
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
def test_what_breaks_the_format_names_the_field(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_event(payload)

    assert caught.value.field == field
    assert "@" not in str(caught.value)


def test_a_bounce_never_falls_back_on_the_destination() -> None:
    payload = load("ses/bounce_permanent_one_of_three")

    assert [event.recipient for event in parse_event(payload)] == ["Nobody@example.net"]


def test_deep_nesting_is_refused() -> None:
    payload = load("ses/send")
    for _ in range(100):
        payload["mail"] = {**payload["mail"], "x": [payload["mail"]]}

    with pytest.raises(InvalidEventError, match="nested"):
        parse_event(payload)


def test_lone_surrogates_are_replaced_since_no_call_to_aws_can_carry_them() -> None:
    document = json.dumps(load("ses/bounce_permanent"))
    for part in ("nobody@", "metadata_", "order-confirmation", "5.1.1"):
        document = document.replace(part, rf"\ud800{part}")

    (event,) = parse_event(json.loads(document))

    assert event.recipient == "?nobody@example.net"
    json.dumps(event.to_dict(), ensure_ascii=False).encode()
