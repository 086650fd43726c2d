"""Configuration sets in MiniStack whose events reach a queue."""

from __future__ import annotations

import json
import time
from typing import Any

from local.stack.clients import client
from tests.contract.ses_simulator.running import Simulator

__all__ = ["Deployed"]

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
        self._create_set("deployed", topic, KINDS)
        self._create_set("tracked", topic, [*KINDS, "OPEN", "CLICK"])
        self._create_set("disabled", topic, KINDS, enabled=False)

    def _create_set(self, name: str, topic: str, kinds: list[str], *, enabled: bool = True) -> None:
        self.sesv2.create_configuration_set(ConfigurationSetName=name)
        self.sesv2.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="topic",
            EventDestination={
                "Enabled": enabled,
                "MatchingEventTypes": kinds,
                "SnsDestination": {"TopicArn": topic},
            },
        )

    def events(self, message_id: str, count: int) -> list[dict[str, Any]]:
        """Return the first `count` events of a message."""
        bodies: list[dict[str, Any]] = []
        deadline = time.monotonic() + 10
        while len(bodies) < count and time.monotonic() < deadline:
            response = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for record in response.get("Messages", []):
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=record["ReceiptHandle"]
                )
                bodies.append(json.loads(json.loads(record["Body"])["Message"]))
        return [body for body in bodies if body["mail"]["messageId"] == message_id]
