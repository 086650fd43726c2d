from __future__ import annotations

import json

import pytest

from local.commands.demo_expectations import (
    EXPECTATIONS,
    EmailResult,
    Expectation,
    expectations_of,
)

BOUNCING = "bounce+a@simulator.amazonses.com"
RESPONSE = {
    "email_id": "order-1",
    "state": "bounced",
    "email": {"errors": []},
    "recipients": [{"address": BOUNCING, "state": "bounced", "message_id": "0100"}],
    "timeline": [
        {"at": "2026-02-27T10:15:32.500Z", "kind": "bounce", "recipient": BOUNCING},
        {"at": "2026-02-27T10:15:31.000Z", "kind": "send", "recipient": BOUNCING},
    ],
}


def test_the_mailbox_name_decides_the_expected_state() -> None:
    body = json.dumps(
        {
            "to": ["Anna <success+anna@simulator.amazonses.com>"],
            "cc": ["bounce+a@simulator.amazonses.com"],
            "bcc": ["complaint@simulator.amazonses.com"],
        }
    )

    expected = expectations_of(body)

    assert {address: expectation.state for address, expectation in expected.items()} == {
        "success+anna@simulator.amazonses.com": "delivered",
        "bounce+a@simulator.amazonses.com": "bounced",
        "complaint@simulator.amazonses.com": "complained",
    }


def test_events_are_in_order_with_seconds_since_the_first() -> None:
    (recipient,) = EmailResult.from_response(RESPONSE).recipients

    assert recipient.summary() == "send, bounce +1.5s"


@pytest.mark.parametrize(
    ("expectations", "is_met"),
    [
        ({BOUNCING: EXPECTATIONS["bounce"]}, True),
        ({BOUNCING: EXPECTATIONS["success"]}, False),
        ({BOUNCING: Expectation("bounced", frozenset({"send", "delivery", "bounce"}))}, False),
        ({}, False),
    ],
    ids=["as expected", "another state", "an event is missing", "an unexpected recipient"],
)
def test_each_recipient_must_meet_its_expectation(
    expectations: dict[str, Expectation], is_met: bool
) -> None:
    assert EmailResult.from_response(RESPONSE).meets(expectations) is is_met


def test_a_refusal_names_each_field_and_its_rule() -> None:
    content = {"message": "…", "detail": [{"field": "to[0]", "rule": "must be an address"}]}

    result = EmailResult.from_refusal(content)

    assert result == EmailResult("refused", reason="to[0] must be an address")
