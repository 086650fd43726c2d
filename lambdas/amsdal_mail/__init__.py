"""Transactional email through Amazon SES, from your own AWS account."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsdal_mail.cancellation import cancelled_status
    from amsdal_mail.connection import asend_mail, get_connection, send_mail
    from amsdal_mail.exceptions import (
        FieldError,
        InvalidEventError,
        InvalidMessageError,
        MailError,
        MalformedJSONError,
    )
    from amsdal_mail.message import Attachment, EmailMessage, EmailRequest
    from amsdal_mail.status import (
        ConfigurationError,
        CredentialsError,
        RecipientStatus,
        RejectedError,
        RetryableError,
        RetryHint,
        SendError,
        SendState,
        SendStatus,
        SuppressedError,
        UnknownOutcomeError,
    )

__all__ = [
    "Attachment",
    "ConfigurationError",
    "CredentialsError",
    "EmailMessage",
    "EmailRequest",
    "FieldError",
    "InvalidEventError",
    "InvalidMessageError",
    "MailError",
    "MalformedJSONError",
    "RecipientStatus",
    "RejectedError",
    "RetryHint",
    "RetryableError",
    "SendError",
    "SendState",
    "SendStatus",
    "SuppressedError",
    "UnknownOutcomeError",
    "asend_mail",
    "cancelled_status",
    "get_connection",
    "send_mail",
]

LIGHTEST_FIRST = ("exceptions", "status", "cancellation", "message", "connection")
"""Modules with public names, in the order in which they are searched."""


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that tracking events never loads pydantic."""
    if name in __all__:
        for module_name in LIGHTEST_FIRST:
            module = import_module(f"{__name__}.{module_name}")
            if name in module.__all__:
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
