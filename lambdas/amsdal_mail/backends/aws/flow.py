"""Flows: calls of an AWS service as generators without I/O.

A flow yields the calls and waits that it wants, is sent each response (an error is a response
too), and returns its result. So the logic of a call is written once, for threads and for tasks.
`run.py` runs flows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
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
    "combine_entries",
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


def collect_status(entries: Iterable[EntryResult]) -> SendStatus:
    """Return the status of each message and recipient; the entries come in message order.

    Raises:
        ConfigurationError: AWS refused the configuration in at least one call.
    """
    entries = list(entries)
    status = combine_entries(entries)
    raise_for_configuration((entry.result for entry in entries), status)
    return status


def combine_entries(entries: Iterable[EntryResult]) -> SendStatus:
    """Return the status of each message and recipient, whatever AWS refused."""
    by_message: dict[int, list[RecipientStatus]] = {}
    for index, addresses, result in entries:
        by_message.setdefault(index, []).extend(map(result.for_recipient, addresses))
    return SendStatus.combine(map(SendStatus.from_recipients, by_message.values()))


def raise_for_configuration(results: Iterable[CallResult], status: SendStatus) -> None:
    """Raise the first error of the configuration among the results, with the whole status.

    Raises:
        ConfigurationError: AWS refused credentials, permission, template, queue or the like.
    """
    for result in results:
        if result.raises:
            raise result.raises(f"{result.error_code}: {result.error_message}", status)
