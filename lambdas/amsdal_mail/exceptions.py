"""The errors of the library.

MailError
├── ConfigurationError        backend, option, environment, permission: nobody's address is at fault
│   └── CredentialsError      boto3 finds no credentials, or AWS does not know them
├── InvalidMessageError       the message breaks a rule; names every field, nothing was sent
│   └── MalformedJSONError    the document is no JSON at all
├── InvalidEventError         what arrived is no event of SES; names the field at fault
└── SendError                 raised by SendStatus.raise_for_status() only
    ├── RejectedError         refused for good
    ├── SuppressedError       held back by the suppression list
    ├── RetryableError          not taken, may be tried again
    └── UnknownOutcomeError   no answer came: it may or may not have been sent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amsdal_mail.status import SendStatus

__all__ = [
    "ConfigurationError",
    "CredentialsError",
    "FieldError",
    "InvalidEventError",
    "InvalidMessageError",
    "MailError",
    "MalformedJSONError",
    "RejectedError",
    "RetryableError",
    "SendError",
    "SuppressedError",
    "UnknownOutcomeError",
]


class MailError(Exception):
    """Any error this library raises on purpose."""


class ConfigurationError(MailError):
    """The connection cannot work as it is set up.

    When AWS says so in the middle of a call, `status` holds what became of every message.
    """

    def __init__(self, message: str, status: SendStatus | None = None) -> None:
        super().__init__(message)
        self.status = status


class CredentialsError(ConfigurationError):
    """No AWS credentials were found, or AWS refuses the ones given."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule: `field` is a path such as `attachments[0].filename`."""

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"


class InvalidMessageError(MailError):
    """The message breaks one or more rules, listed in `errors`. Nothing was sent."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, rule: str) -> InvalidMessageError:
        """Make the error for a single broken rule."""
        return cls([FieldError(field, rule)])

    def __reduce__(self) -> tuple[type[InvalidMessageError], tuple[object, ...]]:
        return type(self), (self.errors,)


class MalformedJSONError(InvalidMessageError):
    """The document could not be read as JSON; the only field is `(body)`."""


class InvalidEventError(MailError):
    """What arrived as an SES event breaks its format. The text never holds an address."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"


class SendError(MailError):
    """At least one recipient was not accepted; `status` tells about each."""

    def __init__(self, message: str, status: SendStatus | None = None) -> None:
        super().__init__(message)
        self.status = status


class RejectedError(SendError):
    """Refused for good: trying again cannot help."""


class SuppressedError(SendError):
    """Held back because the address is on the suppression list."""


class RetryableError(SendError):
    """SES did not take it (rate, quota, pause, outage): it may be tried again."""


class UnknownOutcomeError(SendError):
    """The answer was lost. SES has no idempotency token: sending again may send twice."""
