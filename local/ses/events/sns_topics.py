"""Events on their way to SNS: one queue a topic, published in batches, tried again on failure."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from local.ses.aws import AWSClient

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
# PublishBatch takes ten messages of together 256 KiB; the rest is left for the envelope.
BATCH_SIZE = 10
BATCH_BYTES = 200 * 1024


@dataclass(slots=True)
class _QueuedEvent:
    text: str
    published: asyncio.Future[bool]


class Topics:
    """Publishes to any number of topics; each keeps the order in which it was given events."""

    def __init__(self, aws: AWSClient, first_wait: float = 0.2) -> None:
        self._aws = aws
        self._first_wait = first_wait
        self._waiting: dict[str, list[_QueuedEvent]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    async def publish(self, topic_arn: str, text: str) -> bool:
        """True once the topic took the event, False when it was given up."""
        published: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic_arn, []).append(_QueuedEvent(text, published))
        worker = self._workers.get(topic_arn)
        if worker is None or worker.done():
            self._workers[topic_arn] = asyncio.create_task(self._work(topic_arn))
        return await published

    async def stop(self) -> None:
        """Drop what was not published yet."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._workers.clear()
        self._waiting.clear()

    async def _work(self, topic_arn: str) -> None:
        waiting = self._waiting[topic_arn]
        while waiting:
            batch = _next_batch(waiting)
            del waiting[: len(batch)]
            done = await self._publish(topic_arn, [row.text for row in batch])
            for row in batch:
                if not row.published.done():
                    row.published.set_result(done)

    async def _publish(self, topic_arn: str, texts: list[str]) -> bool:
        for tried in range(MAX_ATTEMPTS):
            try:
                await self._aws.publish(topic_arn, texts)
            except (BotoCoreError, ClientError) as error:
                logger.warning("publishing to %s failed (try %d): %s", topic_arn, tried + 1, error)
                await asyncio.sleep(self._first_wait * 2**tried)
            else:
                return True
        logger.error("%d events for %s were given up", len(texts), topic_arn)
        return False


def _next_batch(waiting: list[_QueuedEvent]) -> list[_QueuedEvent]:
    """As many as one call takes, at least one."""
    size = 0
    for count, row in enumerate(waiting[:BATCH_SIZE]):
        size += len(row.text.encode())
        if count and size > BATCH_BYTES:
            return waiting[:count]
    return waiting[:BATCH_SIZE]
