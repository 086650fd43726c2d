"""The errors of the library. Those that carry a SendStatus are in `amsdal_mail.status`.

MailError
├── ConfigurationError        the backend, an option, the environment or a permission is wrong
│   └── CredentialsError      AWS credentials are missing or refused
├── InvalidMessageError       the message breaks a rule; nothing was sent
│   └── MalformedJSONError    the document is not valid JSON
├── InvalidEventError         a document is not an SES event
└── SendError                 raised by raise_for_status() only
    ├── RejectedError         refused for good
    ├── SuppressedError       on the suppression list
    ├── RetryableError        not sent; a retry may help
    └── UnknownOutcomeError   the response was lost; the email may have been sent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = [
    "DOCS",
    "FieldError",
    "InvalidEventError",
    "InvalidMessageError",
    "MailError",
    "MalformedJSONError",
]

DOCS = "docs/errors.md"
"""The page that describes each error class. A path in the repository: there is no public site."""


class MailError(Exception):
    """Base of every error that this library raises on purpose.

    `docs_url` leads to the section of the class: what the error means, and what to do.
    """

    docs_url: ClassVar[str] = f"{DOCS}#mailerror"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.docs_url = f"{DOCS}#{cls.__name__.lower()}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """A broken rule. `field` is a path such as `attachments[0].filename`."""

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
    def for_field(cls, field: str, rule: str) -> InvalidMessageError:
        """Return the error for a single broken rule."""
        return cls([FieldError(field, rule)])

    def __reduce__(self) -> tuple[type[InvalidMessageError], tuple[object, ...]]:
        return type(self), (self.errors,)


class MalformedJSONError(InvalidMessageError):
    """The document is not valid JSON, or is nested too deeply. The only field is `(body)`."""


class InvalidEventError(MailError):
    """The document breaks the format of an SES event. The text never holds an address."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"
