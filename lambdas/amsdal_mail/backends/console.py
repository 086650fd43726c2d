"""ConsoleBackend: writes messages to a text stream, for development."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO
from uuid import uuid4

from amsdal_mail.backends.base import BaseBackend, checked
from amsdal_mail.backends.preview import render
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, SendState, SendStatus

__all__ = ["ConsoleBackend"]

RULE = "-" * 79


class ConsoleBackend(BaseBackend):
    """Writes the MIME of everything valid to `stream` (standard output unless given)."""

    def __init__(self, *, stream: TextIO | None = None) -> None:
        self.stream = stream

    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Write the messages."""
        return SendStatus.combine([self._write(message) for message in checked(messages)])

    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Write the messages."""
        return self.send_messages(messages)

    def _write(self, message: EmailMessage) -> SendStatus:
        stream = self.stream or sys.stdout
        for mime in render(message):
            stream.write(f"{mime.decode('ascii')}\n{RULE}\n".replace("\r\n", "\n"))
        stream.flush()
        message_id = f"console-{uuid4().hex}"
        return SendStatus.of(
            RecipientStatus(one.addr_spec, SendState.ACCEPTED, message_id=message_id)
            for one in message.recipients
        )
