"""MemoryBackend: keeps messages, and the MIME made of them, in `outbox`, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from amsdal_mail.backends.base import BaseBackend, checked
from amsdal_mail.backends.preview import render
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, SendState, SendStatus

__all__ = ["MemoryBackend", "SentMessage", "outbox"]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as it was given, its id, and the MIME messages made of it."""

    message: EmailMessage
    message_id: str
    rendered: tuple[bytes, ...]


outbox: list[SentMessage] = []
"""Everything sent through this process's memory backends. Clear it between tests."""


class MemoryBackend(BaseBackend):
    """Accepts everything valid and keeps it in `outbox`."""

    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Keep the messages."""
        return SendStatus.combine([_keep(message) for message in checked(messages)])

    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Keep the messages."""
        return self.send_messages(messages)


def _keep(message: EmailMessage) -> SendStatus:
    sent = SentMessage(message, f"memory-{uuid4().hex}", tuple(render(message)))
    outbox.append(sent)
    return SendStatus.of(
        RecipientStatus(one.addr_spec, SendState.ACCEPTED, message_id=sent.message_id)
        for one in message.recipients
    )
