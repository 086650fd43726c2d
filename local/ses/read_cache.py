"""A cache of values that are read from the local AWS while emails are sent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["ReadCache"]

T = TypeVar("T")
logger = logging.getLogger(__name__)


class ReadCache(Generic[T]):
    """Values by key, each read again after `keep_seconds`. A value of None is not kept.

    A send does not wait for a busy local AWS: after `patience` seconds, or an error, the last value
    serves once more. There is one read of a key at a time.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[T]],
        clock: Callable[[], float],
        keep_seconds: float,
        patience: float = 0.5,
    ) -> None:
        self._read = read
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._patience = patience
        self._values: dict[str, tuple[float, T]] = {}
        self._reads: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str = "") -> T:
        """Return the value of a key. Raises the error of the first read."""
        kept = self._values.get(key)
        if kept and self._clock() - kept[0] < self._keep_seconds:
            return kept[1]
        reading = self._reads.get(key) or self._start(key)
        await asyncio.wait({reading}, timeout=self._patience if kept else None)
        if kept and (not reading.done() or reading.cancelled() or reading.exception()):
            return kept[1]
        return reading.result()

    def _start(self, key: str) -> asyncio.Task[T]:
        task = self._reads[key] = asyncio.create_task(self._refresh(key))
        task.add_done_callback(lambda task: self._end(key, task))
        return task

    def _end(self, key: str, task: asyncio.Task[T]) -> None:
        del self._reads[key]
        if not task.cancelled() and (error := task.exception()):
            logger.warning("the local AWS could not be read: %s", error)

    async def _refresh(self, key: str) -> T:
        value = await self._read(key)
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = (self._clock(), value)
        return value
