"""Outbox: the messages that the backend `memory` keeps, as a list for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from typing_extensions import override

from amsdal_mail.backends.memory import outbox

if TYPE_CHECKING:
    from amsdal_mail.backends.memory import SentMessage
    from amsdal_mail.message.email import EmailMessage

__all__ = ["Outbox"]


class Outbox(Sequence["EmailMessage"]):
    """The messages of `amsdal_mail.backends.memory.outbox`, as they were sent."""

    @overload
    def __getitem__(self, index: int) -> EmailMessage: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[EmailMessage]: ...

    @override
    def __getitem__(self, index: int | slice) -> EmailMessage | Sequence[EmailMessage]:
        if isinstance(index, slice):
            return [sent.message for sent in outbox[index]]
        return outbox[index].message

    @override
    def __len__(self) -> int:
        return len(outbox)

    @override
    def __repr__(self) -> str:
        return repr(list(self))

    @property
    def sent(self) -> Sequence[SentMessage]:
        """The messages with their ids and their MIME."""
        return outbox

    def clear(self) -> None:
        """Forget all messages."""
        outbox.clear()
