"""Flows: calls of an AWS service as generators without I/O, and two ways to run them.

A flow yields the calls and waits that it wants, is sent each response (an error is a response
too), and returns its result. So the logic of a call is written once, for threads and for tasks.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from amsdal_mail.status import ConfigurationError, RecipientStatus, RetryHint, SendState, SendStatus

__all__ = [
    "Call",
    "CallResult",
    "EntryResult",
    "Flow",
    "Response",
    "Wait",
    "collect_status",
    "raise_for_configuration",
    "run_flows",
    "run_flows_async",
]

T = TypeVar("T")
Response = Mapping[str, Any] | Exception | None
"""The response of a call, or the error that it raised; None after a wait."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the service. `operation` is a method of the SDK's client."""

    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause before the next call."""

    seconds: float


Flow = Generator[Call | Wait, Response, T]


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of one call, or of one entry of a bulk call."""

    state: SendState
    retry: RetryHint = RetryHint.NO
    message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    raises: type[ConfigurationError] | None = None
    """The error to raise where the configuration is at fault, and not the message."""

    @property
    def is_tag_refused(self) -> bool:
        """True when SES refuses the characters of a tag. Then the call sent nothing."""
        return (self.error_message or "").startswith(("Invalid tag name", "Invalid tag value"))

    def for_recipient(self, address: str) -> RecipientStatus:
        """Return this result as the status of one recipient."""
        return RecipientStatus(
            address=address,
            state=self.state,
            message_id=self.message_id,
            error_code=self.error_code,
            error_message=self.error_message,
            retry=self.retry,
        )


class EntryResult(NamedTuple):
    """The result that some recipients of one message share."""

    message_index: int
    """The position of the message among those of the send."""
    addresses: tuple[str, ...]
    result: CallResult


def collect_status(entries: Iterable[EntryResult]) -> SendStatus:
    """Return the status of each message and recipient; the entries come in message order.

    Raises:
        ConfigurationError: AWS refused the configuration in at least one call.
    """
    entries = list(entries)
    by_message: dict[int, list[RecipientStatus]] = {}
    for index, addresses, result in entries:
        by_message.setdefault(index, []).extend(map(result.for_recipient, addresses))
    status = SendStatus.combine(map(SendStatus.from_recipients, by_message.values()))
    raise_for_configuration((entry.result for entry in entries), status)
    return status


def raise_for_configuration(results: Iterable[CallResult], status: SendStatus) -> None:
    """Raise the first error of the configuration among the results, with the whole status.

    Raises:
        ConfigurationError: AWS refused credentials, permission, template, queue or the like.
    """
    for result in results:
        if result.raises:
            raise result.raises(f"{result.error_code}: {result.error_message}", status)


# The client is `Any`: one driver calls the clients of two services, by the name of the method.


def run_flows(client: Any, flows: Sequence[Flow[T]], max_concurrency: int) -> list[T]:
    """Run the flows in at most `max_concurrency` threads, and return their results in order."""
    threads = min(max_concurrency, len(flows))
    if threads <= 1:
        return [_run(client, flow) for flow in flows]
    with ThreadPoolExecutor(threads, "amsdal_mail") as pool:
        return list(pool.map(lambda flow: _run(client, flow), flows))


async def run_flows_async(client: Any, flows: Sequence[Flow[T]], max_concurrency: int) -> list[T]:
    """Run at most `max_concurrency` flows at once as tasks, and return their results in order."""
    import asyncio  # 6 ms of a cold start that sends in threads only

    slots = asyncio.Semaphore(max_concurrency)

    async def run(flow: Flow[T]) -> T:
        async with slots:
            return await _run_async(client, flow)

    return await asyncio.gather(*map(run, flows))


def _run(client: Any, flow: Flow[T]) -> T:
    response: Response = None
    try:
        while True:
            response = _perform(client, flow.send(response))
    except StopIteration as end:
        result: T = end.value
        return result


async def _run_async(client: Any, flow: Flow[T]) -> T:
    response: Response = None
    try:
        while True:
            response = await _perform_async(client, flow.send(response))
    except StopIteration as end:
        result: T = end.value
        return result


# Any error of a call is a response, and the flow decides what it means. Most are classes of the
# SDK, but a response that is not JSON or not UTF-8 makes its parsers raise others.


def _perform(client: Any, step: Call | Wait) -> Response:
    if isinstance(step, Wait):
        time.sleep(step.seconds)
        return None
    try:
        response: Response = getattr(client, step.operation)(**step.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return response


async def _perform_async(client: Any, step: Call | Wait) -> Response:
    if isinstance(step, Wait):
        import asyncio

        await asyncio.sleep(step.seconds)
        return None
    try:
        response: Response = await getattr(client, step.operation)(**step.params)
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return response
