"""MemoryBackend: keeps messages and their MIME in `outbox`, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from typing_extensions import override

from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.backends.preview import render
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, SendState, SendStatus

__all__ = ["MemoryBackend", "SentMessage", "outbox"]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message, its id, and the MIME messages that SES would make of it."""

    message: EmailMessage
    message_id: str
    rendered: tuple[bytes, ...]


outbox: list[SentMessage] = []
"""All messages sent through the memory backends of this process. Clear it between tests."""


class MemoryBackend(BaseBackend):
    """Accepts every valid message, and keeps it in `outbox`."""

    @override
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return SendStatus.combine([_keep(message) for message in validate_messages(messages)])

    @override
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return self.send_messages(messages)


def _keep(message: EmailMessage) -> SendStatus:
    sent = SentMessage(message, f"memory-{uuid4().hex}", tuple(render(message)))
    outbox.append(sent)
    return SendStatus.from_recipients(
        RecipientStatus(address.addr_spec, SendState.ACCEPTED, message_id=sent.message_id)
        for address in message.recipients
    )
