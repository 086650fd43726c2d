"""Events on the whole way: simulator, event destination, SNS topic, SQS queue."""

from __future__ import annotations

import pytest

from tests.contract.ses_simulator.deployed import Deployed


@pytest.mark.parametrize(
    ("mailbox", "kinds"),
    [
        ("success", ["Send", "Delivery"]),
        ("bounce+x", ["Send", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
        ("ooto", ["Send", "Delivery", "Bounce"]),
    ],
)
def test_events_reach_the_topic_of_the_configuration_set(
    deployed: Deployed, mailbox: str, kinds: list[str]
) -> None:
    message_id = deployed.ses.send(
        f"{mailbox}@simulator.amazonses.com",
        ConfigurationSetName="deployed",
        EmailTags=[{"Name": "email_id", "Value": "e1"}],
    )

    events = deployed.events(message_id, len(kinds))

    assert [body["eventType"] for body in events] == kinds
    assert events[0]["mail"]["tags"]["email_id"] == ["e1"]
    assert events[0]["mail"]["sendingAccountId"] == "000000000000"


def test_a_kind_the_destination_did_not_ask_for_is_not_published(deployed: Deployed) -> None:
    message_id = deployed.ses.send("open@simulator.amazonses.com", ConfigurationSetName="deployed")

    kept = deployed.ses.settled(message_id)

    published = {row["event"]["eventType"]: bool(row["topics"]) for row in kept["events"]}
    assert published == {"Send": True, "Delivery": True, "Open": False}


def test_a_disabled_destination_gets_nothing(deployed: Deployed) -> None:
    kept = deployed.ses.settled(deployed.ses.send(ConfigurationSetName="disabled"))

    assert [row["topics"] for row in kept["events"]] == [[], []]


def test_a_set_the_local_aws_does_not_have_is_missing(deployed: Deployed) -> None:
    assert deployed.ses.refusal(ConfigurationSetName="other") == (
        404,
        "NotFoundException",
        "Configuration set <other> does not exist.",
    )
