"""Publishes the events of a message, in their order, to the topics that ask for them."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from local.ses.events.payloads import MATCHING_EVENT_TYPE, event_payload

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from local.ses.aws import AWSClient
    from local.ses.events.mailbox_simulator import EventStep
    from local.ses.events.sns_topics import Topics
    from local.ses.messages import Json, Message, Messages
    from local.ses.switches import Switches

__all__ = ["Publisher"]

logger = logging.getLogger(__name__)


class Publisher:
    """Runs a background task per message.

    The events of a message keep their order, and a message does not wait for another.
    """

    def __init__(
        self,
        aws: AWSClient,
        messages: Messages,
        switches: Callable[[], Switches],
        now: Callable[[], datetime],
        rng: random.Random,
        topics: Topics,
    ) -> None:
        self._aws = aws
        self._messages = messages
        self._switches = switches
        self._now = now
        self._rng = rng
        self._topics = topics
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """Return the number of messages that have events to publish."""
        return len(self._tasks)

    def publish_events(self, message: Message, steps: Iterable[EventStep]) -> None:
        """Publish the events of these steps in their order, in the background."""
        task = asyncio.create_task(self._publish_steps(message, list(steps)))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def wait_until_published(self) -> None:
        """Wait until every event is published or dropped after its last attempt."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Drop the events that are not published yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._topics.stop()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("the events of a message were lost", exc_info=error)

    async def _publish_steps(self, message: Message, steps: list[EventStep]) -> None:
        if self._switches().events.shuffle:
            self._rng.shuffle(steps)
        for step in steps:
            await asyncio.sleep(self._switches().events.delay_ms / 1000)
            await self._publish(message, event_payload(message, step, self._now()))

    async def _publish(self, message: Message, event: Json) -> None:
        text = json.dumps(event)
        topics = await self._topics_for(message, event["eventType"]) * self._copies()
        published = [topic for topic in topics if await self._topics.publish(topic, text)]
        self._messages.record(message.id, event, published)

    def _copies(self) -> int:
        events = self._switches().events
        if self._rng.random() < events.lost_chance:
            return 0
        return 2 if self._rng.random() < events.duplicate_chance else 1

    async def _topics_for(self, message: Message, kind: str) -> list[str]:
        if message.loses_events or not message.configuration_set:
            return []
        configuration_set = await self._aws.configuration_set(message.configuration_set)
        destinations = configuration_set.destinations if configuration_set else ()
        event_type = MATCHING_EVENT_TYPE[kind]
        return [
            destination.topic_arn for destination in destinations if event_type in destination.kinds
        ]
