"""The words of an exchange with an AWS service: calls, pauses, answers.

An exchange is a generator: it yields the calls and pauses it wants, is sent each answer (an error
is an answer too), and returns its result. So what is said to AWS is written once, without I/O.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Answer", "Call", "Exchange", "Pause"]

T = TypeVar("T")
Answer = Mapping[str, Any] | Exception | None
"""What the service said; None behind a pause."""


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
