"""Two drivers of exchanges: in threads, and on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from amsdal_mail.backends.aws.flow import Answer, Call, Exchange, Pause

__all__ = ["drive", "drive_async"]

T = TypeVar("T")


def drive(client: Any, exchanges: Sequence[Exchange[T]], max_concurrency: int) -> list[T]:
    """Run the exchanges in at most `max_concurrency` threads; results come in order."""
    threads = min(max_concurrency, len(exchanges))
    if threads <= 1:
        return [_run(client, one) for one in exchanges]
    with ThreadPoolExecutor(threads, "amsdal_mail") as pool:
        return list(pool.map(lambda one: _run(client, one), exchanges))


async def drive_async(
    client: Any, exchanges: Sequence[Exchange[T]], max_concurrency: int
) -> list[T]:
    """Run the exchanges as at most `max_concurrency` tasks at once; results come in order."""
    room = asyncio.Semaphore(max_concurrency)

    async def one_of(exchange: Exchange[T]) -> T:
        async with room:
            return await _run_async(client, exchange)

    return await asyncio.gather(*map(one_of, exchanges))


def _run(client: Any, exchange: Exchange[T]) -> T:
    answer: Answer = None
    try:
        while True:
            answer = _perform(client, exchange.send(answer))
    except StopIteration as done:
        result: T = done.value
        return result


async def _run_async(client: Any, exchange: Exchange[T]) -> T:
    answer: Answer = None
    try:
        while True:
            answer = await _perform_async(client, exchange.send(answer))
    except StopIteration as done:
        result: T = done.value
        return result


# Whatever a call raises is an answer, and the exchange says what it means. The SDK has errors of
# its own for most of it; an answer that makes no sense (not JSON, not UTF-8) breaks its parsers.


def _perform(client: Any, effect: Call | Pause) -> Answer:
    if isinstance(effect, Pause):
        time.sleep(effect.seconds)
        return None
    try:
        answer: Answer = getattr(client, effect.operation)(**effect.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return answer


async def _perform_async(client: Any, effect: Call | Pause) -> Answer:
    if isinstance(effect, Pause):
        await asyncio.sleep(effect.seconds)
        return None
    try:
        answer: Answer = await getattr(client, effect.operation)(**effect.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return answer
