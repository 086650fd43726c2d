"""Runs flows as tasks of an event loop, which goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from amsdal_mail.backends.aws.call import (
    CURRENT,
    NOT_SENT,
    Transmission,
    call_sdk,
    interrupted,
    response_to,
)
from amsdal_mail.backends.aws.flow import Call, Flow, Response
from amsdal_mail.backends.aws.run import FlowRun
from amsdal_mail.backends.aws.threads import in_thread
from amsdal_mail.backends.aws.turns import Turns
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.message.email import EmailMessage

__all__ = ["AsyncFlowRun", "is_quick"]

T = TypeVar("T")

QUICK_COUNT = 10
QUICK_SIZE = 100_000
"""Messages, and characters of one, that are planned on the event loop itself."""
LARGE_CALL = 256 * 1024
"""Bytes. To sign and encode a larger call would hold up an event loop: a thread makes it."""


def is_quick(messages: Sequence[EmailMessage]) -> bool:
    """Return whether the requests are made in less than the time of a thread switch or two."""
    return len(messages) <= QUICK_COUNT and not any(
        message.is_personalized
        or message.attachments
        or len(message.body) + len(message.html_body or "") > QUICK_SIZE
        for message in messages
    )


class AsyncFlowRun(FlowRun[T]):
    """One run of some flows as tasks.

    Large calls are made with `sync_client` in a thread. The others take `turns`, since to begin a
    call takes the loop a millisecond or two, and all could begin at once.
    """

    def __init__(
        self,
        client: Any,
        flows: Sequence[Flow[T]],
        max_concurrency: int,
        sync_client: Callable[[], Any],
        turns: Turns,
    ) -> None:
        super().__init__(client, flows, max_concurrency)
        self._sync_client = sync_client
        self._turns = turns

    async def run_async(self) -> list[T]:
        """Run the flows as tasks, and return their results."""
        tasks = [asyncio.ensure_future(self._work_async()) for _ in range(self._width)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            self._halt.all(NOT_SENT)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            self._end_pending()
        return self.results

    async def _work_async(self) -> None:
        while (index := self._next_index()) is not None:
            await self._run_flow_async(index)
            if self._halt.is_total:
                await asyncio.sleep(0)  # the other flows make no calls, so nothing else would wait

    async def _run_flow_async(self, index: int) -> None:
        actions = self._actions(index)
        response: Response = None
        transmission: Transmission | None = None
        try:
            while True:
                action = actions.send(response)
                response = None
                if isinstance(action, float):
                    await asyncio.sleep(action)
                    continue
                transmission = Transmission(self._client)
                if _size(action.params) > LARGE_CALL:
                    response = await _call_in_thread(self._sync_client, action, transmission)
                else:
                    await self._turns.take()
                    response = await _call_async(self._client, action, transmission)
                transmission = None
        except StopIteration:
            return
        except BaseException:
            self._end(index, interrupted(transmission))
            raise


async def _call_async(client: Any, call: Call, transmission: Transmission) -> Response:
    token = CURRENT.set(transmission)
    try:
        response: Response = await getattr(client, call.operation)(**call.params)
    except Exception as error:  # noqa: BLE001 - a response too
        return response_to(error, call, transmission)
    finally:
        CURRENT.reset(token)
    return response


async def _call_in_thread(
    sync_client: Callable[[], Any], call: Call, transmission: Transmission
) -> Response:
    def make_call() -> Response:
        try:
            client = sync_client()
        except Exception as error:  # noqa: BLE001 - a client that cannot be made sent nothing
            return classify_unsent_error(error)
        return call_sdk(client, call, transmission)

    return await in_thread(make_call)


def _size(value: object) -> int:
    """Return the number of bytes and characters in the parameters of a call."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return getattr(value, "size", 0)  # of a stream
