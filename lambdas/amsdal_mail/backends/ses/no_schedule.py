"""SES sends at once: it takes no time to send, and no expiry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.email import TIMES

if TYPE_CHECKING:
    from amsdal_mail.message.email import EmailMessage

__all__ = ["refuse_times"]

RULE = "is not for the backend ses, which sends at once: the backend sqs and the HTTP API take it"


def refuse_times(messages: Iterable[EmailMessage]) -> None:
    """Refuse messages that are to be sent later, or not after some time.

    Raises:
        InvalidMessageError: names each field that a message has.
    """
    errors = {
        FieldError(name, RULE)
        for message in messages
        for name in TIMES
        if getattr(message, name, None) is not None
    }
    if errors:
        raise InvalidMessageError(sorted(errors, key=lambda error: error.field))
