"""The errors that SESv2 returns for a refused call: status, error code, text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ACCOUNT_PAUSED",
    "QUOTA_EXCEEDED",
    "RATE_EXCEEDED",
    "Refusal",
    "RefusedError",
    "access_denied",
    "already_exists",
    "bad_request",
    "configuration_set_missing",
    "first_refusal",
    "identities_not_verified",
    "not_found",
    "not_suppressed",
    "refuse",
    "template_missing",
    "too_many_requests",
]

RATE_EXCEEDED = "Maximum sending rate exceeded."
QUOTA_EXCEEDED = "Daily message quota exceeded"
ACCOUNT_PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response of SES. SES sends no text (null) in a few cases."""

    status: int
    code: str
    message: str | None


class RefusedError(Exception):
    """A refused call. Its `error` becomes the HTTP response."""

    def __init__(self, error: Refusal) -> None:
        super().__init__(error.code, error.message)
        self.error = error


def first_refusal(*errors: Refusal | None) -> Refusal | None:
    """Return the first error of checks that are in the order of SES, None without an error."""
    return next((error for error in errors if error), None)


def refuse(*errors: Refusal | None) -> None:
    """Raise RefusedError with the first error, if there is an error."""
    if error := first_refusal(*errors):
        raise RefusedError(error)


def bad_request(message: str | None) -> Refusal:
    """Return the error that SESv2 sends where version 1 of the API has InvalidParameterValue."""
    return Refusal(400, "BadRequestException", message)


def not_found(message: str) -> Refusal:
    """Return a 404 error. Version 1 of the API has 400 there."""
    return Refusal(404, "NotFoundException", message)


def already_exists(message: str) -> Refusal:
    """Return the error of a name that is taken. The text of AWS is not public."""
    return Refusal(400, "AlreadyExistsException", message)


def rejected(message: str) -> Refusal:
    """Return a MessageRejected error: an identity is not verified, or the account is paused."""
    return Refusal(400, "MessageRejected", message)


def too_many_requests(message: str) -> Refusal:
    """Return a 429 error. Rate and quota share this code; only the text differs."""
    return Refusal(429, "TooManyRequestsException", message)


def configuration_set_missing(name: str) -> Refusal:
    """Return the error of a configuration set that does not exist."""
    return not_found(f"Configuration set <{name}> does not exist.")


def template_missing(name: str) -> Refusal:
    """Return the error of a stored template that does not exist."""
    return not_found(f"Template {name} does not exist")


def access_denied(user: str, action: str, resource: str) -> Refusal:
    """Return the error of IAM, in the words that SES has for its sending actions.

    https://github.com/nodemailer/nodemailer/issues/1734
    """
    text = f"User `{user}' is not authorized to perform `{action}' on resource `{resource}'"
    return Refusal(403, "AccessDeniedException", text)


def identities_not_verified(region: str, identities: Sequence[str]) -> Refusal:
    """Return the error that lists all identities that failed, with the region in capitals."""
    return rejected(
        "Email address is not verified. The following identities failed the check in region "
        f"{region.upper()}: {', '.join(identities)}"
    )


def not_suppressed(address: str) -> Refusal:
    """Return the error of an address that is not on the suppression list."""
    return not_found(f"Email address {address} does not exist on your suppression list.")
