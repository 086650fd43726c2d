"""The errors of sending, and the field errors of an email that can never be sent.

ExpectedError             not a bug: a caller's mistake, or an AWS service that is unavailable
├── QueueError            the job was not queued; a retry may help
├── MessageTooLargeError  the job is too large for the queue
├── UnknownEmailError     there is no email with this id
├── TooLateError          the email does not wait any more
└── NothingKeptError      the message of the email is not kept, or nobody is left to send it to
StoreError                of email_store
└── ResultNotStoredError  SES responded, but the result was not stored
PoisonMessageError        every worker that claimed the email crashed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from email_store.store import RecordTooLargeError, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from send_email.sending.job import SendOutcome

__all__ = [
    "INVALID_EMAIL_ERRORS",
    "ExpectedError",
    "MessageTooLargeError",
    "NothingKeptError",
    "PoisonMessageError",
    "QueueError",
    "ResultNotStoredError",
    "TooLateError",
    "UnknownEmailError",
    "email_field_errors",
    "foreign_sender_error",
]

RECORD_TOO_LARGE = "has more outside of bodies and attachments than a record of the table can hold"


class ExpectedError(Exception):
    """Base of the errors that are not bugs: they are logged as warnings."""


class QueueError(ExpectedError):
    """SQS refused the call or could not be reached. The cause says why. Retry later."""


class MessageTooLargeError(ExpectedError):
    """The job is too large for the queue. It can only be sent in the call, without retries."""


class UnknownEmailError(ExpectedError):
    """There is no email with this id."""


class TooLateError(ExpectedError):
    """The email does not wait any more: it can be neither moved nor canceled."""


class NothingKeptError(ExpectedError):
    """The message of an email is not kept, or there is nobody to send it to again. It says why."""


class ResultNotStoredError(StoreError):
    """SES responded and any retry is queued, but storing the result failed."""

    def __init__(self, outcome: SendOutcome) -> None:
        super().__init__("the result could not be stored")
        self.outcome = outcome


class PoisonMessageError(Exception):
    """The lease expired MAX_POSTPONES times in a row: every worker that claimed the email crashed.

    The record becomes a dead letter.
    """


def foreign_sender_error(identities: Collection[str]) -> InvalidMessageError:
    """Return the error of a sender that belongs to none of the SES identities.

    It does not name the single addresses among them: these may be people's.
    """
    domains = sorted(name for name in identities if "@" not in name)
    addresses = "one of its sender addresses" if len(domains) < len(identities) else ""
    allowed = " or ".join(filter(None, [*(f"at {domain}" for domain in domains), addresses]))
    rule = f"must be an address that this service may send from: {allowed}"
    return InvalidMessageError.for_field("from_email", rule)


INVALID_EMAIL_ERRORS = (InvalidMessageError, MessageTooLargeError, RecordTooLargeError)
"""Errors of an email that can never be sent: a retry cannot help."""


def email_field_errors(error: Exception) -> Sequence[FieldError]:
    """Return the fields and rules of an error that is one of INVALID_EMAIL_ERRORS."""
    match error:
        case InvalidMessageError():
            return error.errors
        case MessageTooLargeError():
            return [FieldError("(body)", str(error))]
        case RecordTooLargeError():
            # The text of the error is AWS's.
            return [FieldError("(body)", RECORD_TOO_LARGE)]
    raise TypeError(f"{type(error).__name__} is not one of INVALID_EMAIL_ERRORS") from error
