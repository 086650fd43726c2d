"""Flows: calls of an AWS service as generators without I/O.

A flow yields the calls and waits that it wants, is sent each response (an error is a response
too), and returns its result. So the logic of a call is written once, for threads and for tasks.
`run.py` runs flows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from amsdal_mail.status import ConfigurationError, RetryHint, SendState

__all__ = [
    "Call",
    "CallResult",
    "EntryResult",
    "Flow",
    "Response",
    "Wait",
    "without_call",
]

T = TypeVar("T")


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
    is_unsent: bool = False
    """True when it is certain that the request never left this machine."""


Response = Mapping[str, Any] | Exception | CallResult | None
"""The response of a call, the error that it raised, or the result of a call that was not sent;
None after a wait."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the service. `operation` is a method of the SDK's client."""

    operation: str
    params: Mapping[str, Any]
    delay: Callable[[], float] | None = None
    """Takes a turn to send, and returns the seconds until then. Only for a call that is made."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause before the next call."""

    seconds: float


Flow = Generator[Call | Wait, Response, T]


class EntryResult(NamedTuple):
    """The result that some recipients of one message share."""

    message_index: int
    """The position of the message among those of the send."""
    addresses: tuple[str, ...]
    result: CallResult


def without_call(entry: EntryResult) -> Flow[list[EntryResult]]:
    """Return the flow of a message whose result is known before any call."""
    return [entry]
    yield  # makes it a generator
