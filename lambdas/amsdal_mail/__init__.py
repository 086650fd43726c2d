"""Transactional email through Amazon SES, from your own AWS account."""

from amsdal_mail.connection import asend_mail, get_connection, send_mail
from amsdal_mail.exceptions import (
    ConfigurationError,
    CredentialsError,
    FieldError,
    InvalidMessageError,
    MailError,
    MalformedJSONError,
    NotSentError,
    RejectedError,
    SendError,
    SuppressedError,
    UnknownOutcomeError,
)
from amsdal_mail.message import Attachment, EmailMessage
from amsdal_mail.status import RecipientStatus, Retry, SendState, SendStatus
from amsdal_mail.wire import EmailRequest

__all__ = [
    "Attachment",
    "ConfigurationError",
    "CredentialsError",
    "EmailMessage",
    "EmailRequest",
    "FieldError",
    "InvalidMessageError",
    "MailError",
    "MalformedJSONError",
    "NotSentError",
    "RecipientStatus",
    "RejectedError",
    "Retry",
    "SendError",
    "SendState",
    "SendStatus",
    "SuppressedError",
    "UnknownOutcomeError",
    "asend_mail",
    "get_connection",
    "send_mail",
]
