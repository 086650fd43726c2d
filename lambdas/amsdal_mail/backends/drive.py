"""Two drivers, blocking and async, for exchanges with an AWS service.

An exchange is a generator: it yields the calls and pauses it wants, is sent each answer (an error
of the SDK is an answer too), and returns its result. So what is said to AWS is written once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

__all__ = ["SDK_ERRORS", "Answer", "Call", "Exchange", "Pause", "drive", "drive_async"]

SDK_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
Answer = Mapping[str, Any] | Exception | None
"""What the service said; None behind a pause."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """Call `operation` (the SDK client's method name) with `params`."""

    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds."""

    seconds: float


Exchange = Generator[Call | Pause, Answer, T]


def drive(client: Any, exchanges: Sequence[Exchange[T]], max_concurrency: int) -> list[T]:
    """Run the exchanges in at most `max_concurrency` threads; results come in order."""
    if len(exchanges) <= 1:
        return [_run(client, one) for one in exchanges]
    with ThreadPoolExecutor(min(max_concurrency, len(exchanges)), "amsdal_mail") as pool:
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
    while True:
        try:
            effect = exchange.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        if isinstance(effect, Pause):
            time.sleep(effect.seconds)
            answer = None
            continue
        try:
            answer = getattr(client, effect.operation)(**effect.params)
        except SDK_ERRORS as error:
            answer = error


async def _run_async(client: Any, exchange: Exchange[T]) -> T:
    answer: Answer = None
    while True:
        try:
            effect = exchange.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        if isinstance(effect, Pause):
            await asyncio.sleep(effect.seconds)
            answer = None
            continue
        try:
            answer = await getattr(client, effect.operation)(**effect.params)
        except SDK_ERRORS as error:
            answer = error
