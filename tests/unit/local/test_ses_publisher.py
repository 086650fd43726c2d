"""Events on their way to the topics, and the account suppression list they fill."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local.ses.aws import ConfigurationSet, Destination
from local.ses.mailbox import Step
from local.ses.messages import Message, Messages
from local.ses.publisher import Publisher
from local.ses.switches import Switches

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = Message(
    *("m1", NOW, "0", "us-east-1", "SendEmail", "a@b.c", ("d@e.f",), (), (), b""),
    configuration_set="set",
)
STEPS = [Step("Send"), Step("Delivery", ("d@e.f",)), Step("Open")]


class Topics:
    """A stand-in for the local AWS with one destination for two kinds."""

    account = "0"

    def __init__(self, failures: int = 0) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self._failures = failures

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        destination = Destination("topic", frozenset({"SEND", "DELIVERY"}))
        return ConfigurationSet(name, destinations=(destination,))

    async def verified_identities(self) -> frozenset[str]:
        return frozenset()

    async def publish(self, topic_arn: str, text: str) -> None:
        if self._failures:
            self._failures -= 1
            raise EndpointConnectionError(endpoint_url="http://x")
        self.published.append((topic_arn, json.loads(text)))


async def played(topics: Topics, switches: dict[str, Any], message: Message = MESSAGE) -> Messages:
    kept = Messages()
    kept.add(message)
    state = Switches().changed({"events": {"delay_ms": 0, **switches}})
    publisher = Publisher(topics, kept, lambda: state, lambda: NOW, random.Random(1), 0.0)
    publisher.play(message, STEPS)
    await publisher.quiet()
    return kept


def kinds(topics: Topics) -> list[str]:
    return [body["eventType"] for _topic, body in topics.published]


async def test_a_topic_gets_the_kinds_it_asked_for_in_their_order() -> None:
    topics = Topics()

    kept = await played(topics, {})

    found = kept.get("m1")
    assert found is not None
    assert kinds(topics) == ["Send", "Delivery"]
    assert [row["topics"] for row in found.events] == [["topic"], ["topic"], []]


async def test_a_failed_publish_is_tried_again() -> None:
    topics = Topics(failures=2)

    await played(topics, {})

    assert kinds(topics) == ["Send", "Delivery"]


async def test_events_can_come_twice() -> None:
    topics = Topics()

    await played(topics, {"duplicate_chance": 1.0})

    assert kinds(topics) == ["Send", "Send", "Delivery", "Delivery"]


async def test_events_can_come_in_any_order() -> None:
    topics = Topics()

    await played(topics, {"shuffle": True})

    assert kinds(topics) == ["Delivery", "Send"]


@pytest.mark.parametrize("lost", [{"loses_events": True}, {"configuration_set": None}])
async def test_a_message_without_a_set_or_with_a_bad_tag_header_tells_nobody(
    lost: dict[str, Any],
) -> None:
    topics = Topics()

    await played(topics, {}, replace(MESSAGE, **lost))

    assert topics.published == []
