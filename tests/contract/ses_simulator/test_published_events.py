"""Events on the whole way: simulator, MiniStack's event destination, SNS topic, SQS queue."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local import ministack, simulator
from local.clients import client
from local.ports import LOOPBACK, free_port
from tests.contract.ses_simulator.running import Simulator

KINDS = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"]


class Deployed:
    """A configuration set whose events reach a queue."""

    def __init__(self, endpoint: str, ses: Simulator) -> None:
        self.ses = ses
        self._sqs, sns = client("sqs", endpoint), client("sns", endpoint)
        self.sesv2 = client("sesv2", endpoint)
        topic = sns.create_topic(Name="events")["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName="events")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        for name, enabled in (("deployed", True), ("disabled", False)):
            self._create_set(name, topic, enabled)

    def _create_set(self, name: str, topic: str, enabled: bool) -> None:
        self.sesv2.create_configuration_set(ConfigurationSetName=name)
        self.sesv2.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="topic",
            EventDestination={
                "Enabled": enabled,
                "MatchingEventTypes": KINDS,
                "SnsDestination": {"TopicArn": topic},
            },
        )

    def events(self, message_id: str, count: int) -> list[dict[str, Any]]:
        """The first `count` events of a message."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 10
        while len(found) < count and time.monotonic() < deadline:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for record in answer.get("Messages", []):
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=record["ReceiptHandle"]
                )
                found.append(json.loads(json.loads(record["Body"])["Message"]))
        return [body for body in found if body["mail"]["messageId"] == message_id]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    port, ses_port, run_dir = free_port(), free_port(), tmp_path_factory.mktemp("deployed")
    endpoint, ses_url = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{ses_port}"
    with (
        ministack.running(port, ses_url=ses_url, run_dir=run_dir),
        simulator.running(ses_port, aws_endpoint=endpoint, run_dir=run_dir),
    ):
        yield Deployed(endpoint, Simulator(ses_url))


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


def test_identities_of_the_local_aws_may_send(deployed: Deployed) -> None:
    deployed.ses.switch(identities=[])
    try:
        assert deployed.ses.refusal()[1] == "MessageRejected"

        deployed.sesv2.create_email_identity(EmailIdentity="example.com")

        assert deployed.ses.send()
    finally:
        deployed.ses.switch(identities=None)
