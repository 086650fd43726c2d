"""Publishes events to SNS: a queue per topic, in batches, with retries."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from local.ses.aws import AWSClient

__all__ = ["BATCH_BYTES", "MAX_ATTEMPTS", "Topics"]

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
BATCH_SIZE = 10
"""PublishBatch takes up to ten messages.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""
BATCH_BYTES = 200 * 1024
"""PublishBatch takes up to 256 KiB in total. The rest is left for the envelope."""


@dataclass(slots=True)
class _QueuedEvent:
    text: str
    published: asyncio.Future[bool]


class Topics:
    """Publishes to any number of topics. The events of a topic keep their order."""

    def __init__(self, aws: AWSClient, first_wait: float = 0.2) -> None:
        self._aws = aws
        self._first_wait = first_wait
        self._queues: dict[str, list[_QueuedEvent]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    async def publish(self, topic_arn: str, text: str) -> bool:
        """Publish an event. Return False when it is dropped after the last attempt."""
        published: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(topic_arn, []).append(_QueuedEvent(text, published))
        worker = self._workers.get(topic_arn)
        if worker is None or worker.done():
            self._workers[topic_arn] = asyncio.create_task(self._work(topic_arn))
        return await published

    async def stop(self) -> None:
        """Drop the events that are not published yet."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._workers.clear()
        self._queues.clear()

    async def _work(self, topic_arn: str) -> None:
        queue = self._queues[topic_arn]
        while queue:
            batch = _next_batch(queue)
            del queue[: len(batch)]
            is_published = await self._publish(topic_arn, [event.text for event in batch])
            for event in batch:
                if not event.published.done():
                    event.published.set_result(is_published)

    async def _publish(self, topic_arn: str, texts: list[str]) -> bool:
        for attempt in range(MAX_ATTEMPTS):
            try:
                await self._aws.publish(topic_arn, texts)
            except (BotoCoreError, ClientError) as error:
                logger.warning(
                    "publishing to %s failed (attempt %d): %s", topic_arn, attempt + 1, error
                )
                await asyncio.sleep(self._first_wait * 2**attempt)
            else:
                return True
        logger.error("%d events for %s were dropped", len(texts), topic_arn)
        return False


def _next_batch(queue: list[_QueuedEvent]) -> list[_QueuedEvent]:
    """Return as many events as a call takes, at least one event."""
    size = 0
    for count, event in enumerate(queue[:BATCH_SIZE]):
        size += len(event.text.encode())
        if count and size > BATCH_BYTES:
            return queue[:count]
    return queue[:BATCH_SIZE]
