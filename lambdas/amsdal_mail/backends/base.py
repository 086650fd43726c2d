"""What every backend is: something that takes messages and tells what it did with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from inspect import Parameter, signature
from types import TracebackType
from typing import Self

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import SendStatus

__all__ = ["BaseBackend", "checked"]


class BaseBackend(ABC):
    """A connection: usable as it is, as a context manager and as an async one.

    A refused recipient is told in the SendStatus, never raised. Raised are misuse and a connection
    that cannot work: TypeError, InvalidMessageError, ConfigurationError.
    """

    @classmethod
    def option_names(cls) -> set[str]:
        """Name what it can be made with."""
        every = signature(cls).parameters.values()
        return {one.name for one in every if one.kind is not Parameter.VAR_KEYWORD}

    @abstractmethod
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Hand over any number of messages; the answers stand in `messages`, in order."""

    @abstractmethod
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Do what `send_messages` does, without blocking the event loop."""

    def open(self) -> None:
        """Make what sending needs; otherwise the first send does."""

    def close(self) -> None:
        """Let go of what `open` made. The backend can be used again."""

    async def aopen(self) -> None:
        """Make what async sending needs, for many calls in one event loop."""

    async def aclose(self) -> None:
        """Let go of what `aopen` made."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await self.aopen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.aclose()


def checked(messages: Iterable[EmailMessage]) -> list[EmailMessage]:
    """List the messages.

    Raises:
        TypeError: it is one message and no list of them, or holds something else.
    """
    if isinstance(messages, EmailMessage):
        raise TypeError("send_messages takes a list of messages, not one message")
    every = list(messages)
    for one in every:
        if not isinstance(one, EmailMessage):
            raise TypeError(f"send_messages takes EmailMessage objects, not {type(one).__name__}")
    return every
