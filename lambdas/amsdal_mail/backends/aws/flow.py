"""Flows: what to say to an AWS service, without I/O, and how to run it in threads or tasks.

A flow is a generator: it yields the calls and waits it wants, is sent each response (an error
is a response too), and returns its result. So what is said to AWS is written once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Call", "Flow", "Response", "Wait", "run_flows", "run_flows_async"]

T = TypeVar("T")
Response = Mapping[str, Any] | Exception | None
"""What the service said; None behind a pause."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call `operation` (the SDK client's method name) with `params`."""

    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait this many seconds."""

    seconds: float


Flow = Generator[Call | Wait, Response, T]


def run_flows(client: Any, flows: Sequence[Flow[T]], max_concurrency: int) -> list[T]:
    """Run the flows in at most `max_concurrency` threads; results come in order."""
    threads = min(max_concurrency, len(flows))
    if threads <= 1:
        return [_run(client, one) for one in flows]
    with ThreadPoolExecutor(threads, "amsdal_mail") as pool:
        return list(pool.map(lambda one: _run(client, one), flows))


async def run_flows_async(client: Any, flows: Sequence[Flow[T]], max_concurrency: int) -> list[T]:
    """Run the flows as at most `max_concurrency` tasks at once; results come in order."""
    room = asyncio.Semaphore(max_concurrency)

    async def one_of(flow: Flow[T]) -> T:
        async with room:
            return await _run_async(client, flow)

    return await asyncio.gather(*map(one_of, flows))


def _run(client: Any, flow: Flow[T]) -> T:
    answer: Response = None
    try:
        while True:
            answer = _perform(client, flow.send(answer))
    except StopIteration as done:
        result: T = done.value
        return result


async def _run_async(client: Any, flow: Flow[T]) -> T:
    answer: Response = None
    try:
        while True:
            answer = await _perform_async(client, flow.send(answer))
    except StopIteration as done:
        result: T = done.value
        return result


# Whatever a call raises is an answer, and the flow says what it means. The SDK has errors of
# its own for most of it; an answer that makes no sense (not JSON, not UTF-8) breaks its parsers.


def _perform(client: Any, effect: Call | Wait) -> Response:
    if isinstance(effect, Wait):
        time.sleep(effect.seconds)
        return None
    try:
        answer: Response = getattr(client, effect.operation)(**effect.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return answer


async def _perform_async(client: Any, effect: Call | Wait) -> Response:
    if isinstance(effect, Wait):
        await asyncio.sleep(effect.seconds)
        return None
    try:
        answer: Response = await getattr(client, effect.operation)(**effect.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return answer
