"""Flows: calls of an AWS service as generators without I/O.

A flow yields the calls and waits that it wants, is sent each response (an error is a response
too), and returns its result. So the logic of a call is written once, for threads and for tasks.
`run.py` runs flows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from amsdal_mail.backends.aws.results import CallResult

__all__ = ["Call", "Flow", "Response", "Wait"]

T = TypeVar("T")
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
