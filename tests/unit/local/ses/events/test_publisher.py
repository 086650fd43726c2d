"""The events of messages are published to the topics that ask for them."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local.ses.aws import ConfigurationSet, EventDestination
from local.ses.events.mailbox_simulator import EventStep
from local.ses.events.publisher import Publisher
from local.ses.events.sns_topics import BATCH_BYTES, MAX_ATTEMPTS, Topics
from local.ses.messages import Message, Messages
from local.ses.switches import Switches

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = Message(
    *("m1", NOW, "0", "us-east-1", "SendEmail", "a@b.c", ("d@e.f",), (), (), b""),
    configuration_set="set",
)
STEPS = [EventStep("Send"), EventStep("Delivery", ("d@e.f",)), EventStep("Open")]


class FakeAWSClient:
    """A fake local AWS with a destination for two kinds of events."""

    account = "0"

    def __init__(self, failures: int = 0) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.calls = 0
        self._failures = failures

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        destination = EventDestination("topic", frozenset({"SEND", "DELIVERY"}))
        return ConfigurationSet(name, destinations=(destination,))

    async def configuration_set_documents(self, name: str) -> None:
        return None

    async def identities(self) -> dict[str, str]:
        return {}

    async def mail_from(self, identity: str) -> dict[str, str]:
        return {}

    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        self.calls += 1
        if self._failures:
            self._failures -= 1
            raise EndpointConnectionError(endpoint_url="http://x")
        self.published += [(topic_arn, json.loads(text)) for text in texts]


async def played(
    aws: FakeAWSClient, switches: dict[str, Any], message: Message = MESSAGE
) -> Messages:
    kept = Messages()
    kept.add(message)
    state = Switches().changed({"events": {"delay_ms": 0, **switches}})
    publisher = Publisher(
        aws, kept, lambda: state, lambda: NOW, random.Random(1), Topics(aws, first_wait=0.0)
    )
    publisher.publish_events(message, STEPS)
    await publisher.wait_until_published()
    return kept


def kinds(aws: FakeAWSClient) -> list[str]:
    return [body["eventType"] for _topic, body in aws.published]


async def test_topic_gets_the_kinds_it_asks_for_in_order() -> None:
    aws = FakeAWSClient()

    kept = await played(aws, {})

    message = kept.get("m1")
    assert message is not None
    assert kinds(aws) == ["Send", "Delivery"]
    assert [row["topics"] for row in message.events] == [["topic"], ["topic"], []]


async def test_failed_publish_is_retried() -> None:
    aws = FakeAWSClient(failures=2)

    await played(aws, {})

    assert kinds(aws) == ["Send", "Delivery"]


async def test_events_can_come_twice() -> None:
    aws = FakeAWSClient()

    await played(aws, {"duplicate_chance": 1.0})

    assert kinds(aws) == ["Send", "Send", "Delivery", "Delivery"]


async def test_events_can_come_in_any_order() -> None:
    aws = FakeAWSClient()

    await played(aws, {"shuffle": True})

    assert kinds(aws) == ["Delivery", "Send"]


async def test_events_can_be_lost() -> None:
    aws = FakeAWSClient()

    kept = await played(aws, {"lost_chance": 1.0})

    message = kept.get("m1")
    assert message is not None
    assert [row["topics"] for row in message.events] == [[], [], []]
    assert aws.published == []


@pytest.mark.parametrize("lost", [{"loses_events": True}, {"configuration_set": None}])
async def test_message_that_loses_its_events_publishes_none(
    lost: dict[str, Any],
) -> None:
    aws = FakeAWSClient()

    await played(aws, {}, replace(MESSAGE, **lost))

    assert aws.published == []


async def test_events_are_published_ten_per_call_in_order() -> None:
    aws = FakeAWSClient()
    topics = Topics(aws)

    taken = await asyncio.gather(*(topics.publish("topic", f'{{"n": {n}}}') for n in range(25)))

    assert all(taken)
    assert [body["n"] for _topic, body in aws.published] == list(range(25))
    assert aws.calls == 3


async def test_a_call_stays_below_the_size_sns_takes() -> None:
    aws = FakeAWSClient()
    topics = Topics(aws)
    large = json.dumps({"x": "y" * (BATCH_BYTES // 2)})

    await asyncio.gather(*(topics.publish("topic", large) for _ in range(4)))

    assert aws.calls == 4


async def test_event_is_dropped_after_its_last_attempt() -> None:
    aws = FakeAWSClient(failures=MAX_ATTEMPTS)
    topics = Topics(aws, first_wait=0.0)

    assert not await topics.publish("topic", "{}")
    assert await topics.publish("topic", "{}")
