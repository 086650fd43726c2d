"""ConsoleBackend: writes messages to a text stream, for development."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO
from uuid import uuid4

from typing_extensions import override

from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.backends.preview import render
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, SendState, SendStatus

__all__ = ["ConsoleBackend"]

SEPARATOR = "-" * 79
"""The line after each message."""


class ConsoleBackend(BaseBackend):
    """Writes the MIME of every valid message to `stream`, standard output by default."""

    def __init__(self, *, stream: TextIO | None = None) -> None:
        self.stream = stream

    @override
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return SendStatus.combine([self._write(message) for message in validate_messages(messages)])

    @override
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return self.send_messages(messages)

    def _write(self, message: EmailMessage) -> SendStatus:
        stream = self.stream or sys.stdout
        for mime in render(message):
            stream.write(f"{mime.decode('ascii')}\n{SEPARATOR}\n".replace("\r\n", "\n"))
        stream.flush()
        message_id = f"console-{uuid4().hex}"
        return SendStatus.from_recipients(
            RecipientStatus(address.addr_spec, SendState.ACCEPTED, message_id=message_id)
            for address in message.recipients
        )
