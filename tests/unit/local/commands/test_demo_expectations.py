import json

import pytest

from local.commands.demo_expectations import FATES, Fate, Outcome, expected

CAROL = "bounce+a@simulator.amazonses.com"
ANSWER = {
    "email_id": "order-1",
    "state": "bounced",
    "email": {"errors": []},
    "recipients": [
        {"address": "bounce+a@simulator.amazonses.com", "state": "bounced", "message_id": "0100"},
    ],
    "timeline": [
        {"at": "2026-02-27T10:15:32.500Z", "kind": "bounce",
         "recipient": "bounce+a@simulator.amazonses.com"},
        {"at": "2026-02-27T10:15:31.000Z", "kind": "send",
         "recipient": "bounce+a@simulator.amazonses.com"},
    ],
}  # fmt: skip


def test_the_mailbox_simulators_words_say_what_to_expect() -> None:
    body = json.dumps(
        {
            "to": ["Anna <success+anna@simulator.amazonses.com>"],
            "cc": ["bounce+a@simulator.amazonses.com"],
            "bcc": ["complaint@simulator.amazonses.com"],
        }
    )

    assert {address: fate.state for address, fate in expected(body).items()} == {
        "success+anna@simulator.amazonses.com": "delivered",
        "bounce+a@simulator.amazonses.com": "bounced",
        "complaint@simulator.amazonses.com": "complained",
    }


def test_a_timeline_is_told_in_order_with_seconds_since_the_first_event() -> None:
    (recipient,) = Outcome.read(ANSWER).recipients

    assert recipient.story() == "send, bounce +1.5s"


@pytest.mark.parametrize(
    ("fates", "arrived"),
    [
        ({CAROL: FATES["bounce"]}, True),
        ({CAROL: FATES["success"]}, False),
        ({CAROL: Fate("bounced", frozenset({"send", "delivery", "bounce"}))}, False),
        ({}, False),
    ],
    ids=["as expected", "another state", "an event is missing", "a recipient too many"],
)
def test_arrived_means_every_recipient_met_its_fate(fates: dict[str, Fate], arrived: bool) -> None:
    assert Outcome.read(ANSWER).arrived(fates) is arrived


def test_a_refusal_tells_every_field_and_its_rule() -> None:
    answer = {"message": "…", "detail": [{"field": "to[0]", "rule": "must be an address"}]}

    assert Outcome.refused(answer) == Outcome("refused", reason="to[0] must be an address")
