"""ConsoleBackend: writes messages to a text stream, for development."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO
from uuid import uuid4

from typing_extensions import override

from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.backends.preview import hide_content, render
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, SendState, SendStatus

__all__ = ["ConsoleBackend"]

SEPARATOR = "-" * 79
"""The line after each message."""


class ConsoleBackend(BaseBackend):
    """Writes the MIME of every valid message to `stream`, standard output by default.

    A note stands in place of the content of a sensitive message, because many programs keep their
    output as a log. `show_sensitive=True` writes the content.
    """

    def __init__(self, *, stream: TextIO | None = None, show_sensitive: bool = False) -> None:
        self.stream = stream
        self.show_sensitive = show_sensitive

    @override
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return SendStatus.combine([self._write(message) for message in validate_messages(messages)])

    @override
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        return self.send_messages(messages)

    def _write(self, message: EmailMessage) -> SendStatus:
        stream = self.stream or sys.stdout
        is_hidden = message.sensitive and not self.show_sensitive
        for mime in render(hide_content(message) if is_hidden else message):
            stream.write(f"{mime.decode('ascii')}\n{SEPARATOR}\n".replace("\r\n", "\n"))
        stream.flush()
        message_id = f"console-{uuid4().hex}"
        return SendStatus.from_recipients(
            RecipientStatus(address.addr_spec, SendState.ACCEPTED, message_id=message_id)
            for address in message.recipients
        )
