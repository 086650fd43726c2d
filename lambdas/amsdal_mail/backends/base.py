"""BaseBackend: the interface of every backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from inspect import Parameter, signature
from types import TracebackType
from typing import Self

from amsdal_mail.message.email import EmailMessage, validate_messages
from amsdal_mail.status import SendStatus

__all__ = ["BaseBackend", "validate_messages"]


class BaseBackend(ABC):
    """A connection to a service that delivers messages. Also a context manager, sync and async.

    The SendStatus has the refused recipients; nothing is raised for them. Wrong use raises
    TypeError or InvalidMessageError, a set-up that cannot work raises ConfigurationError.
    """

    @classmethod
    def option_names(cls) -> set[str]:
        """Return the names of the arguments that the class can be made with."""
        parameters = signature(cls).parameters.values()
        return {p.name for p in parameters if p.kind is not Parameter.VAR_KEYWORD}

    @abstractmethod
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages. `SendStatus.messages` has their results in the same order."""

    @abstractmethod
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages like `send_messages`, without blocking the event loop."""

    def open(self) -> None:
        """Make what sending needs. Otherwise the first send makes it."""

    def close(self) -> None:
        """Release what `open` made. The backend can be used again."""

    async def aopen(self) -> None:
        """Make what async sending needs, for many calls in one event loop."""

    async def aclose(self) -> None:
        """Release what `aopen` made."""

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
