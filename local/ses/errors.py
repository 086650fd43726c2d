"""What SESv2 answers when it refuses a call: status, error code, text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE_EXCEEDED = "Maximum sending rate exceeded."
QUOTA_EXCEEDED = "Daily message quota exceeded"
ACCOUNT_PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal. SES leaves the text out (null) in a few cases."""

    status: int
    code: str
    message: str | None


class RefusedError(Exception):
    """Carries a `Refusal` up to the HTTP answer."""

    def __init__(self, error: Refusal) -> None:
        super().__init__(error.code, error.message)
        self.error = error


def first_refusal(*errors: Refusal | None) -> Refusal | None:
    """The first error of checks in SES's order."""
    return next((error for error in errors if error), None)


def refuse(*errors: Refusal | None) -> None:
    """Raise RefusedError with the first error, if there is one."""
    if error := first_refusal(*errors):
        raise RefusedError(error)


def bad_request(message: str | None) -> Refusal:
    """SESv2's code for everything v1 calls InvalidParameterValue."""
    return Refusal(400, "BadRequestException", message)


def not_found(message: str) -> Refusal:
    """SESv2 gives 404 where v1 gave 400."""
    return Refusal(404, "NotFoundException", message)


def already_exists(message: str) -> Refusal:
    """The status is the service model's; AWS's text is not public."""
    return Refusal(400, "AlreadyExistsException", message)


def rejected(message: str) -> Refusal:
    """MessageRejected: unverified identities, a paused account."""
    return Refusal(400, "MessageRejected", message)


def too_many_requests(message: str) -> Refusal:
    """Rate and quota share this code: only the text tells them apart."""
    return Refusal(429, "TooManyRequestsException", message)


def configuration_set_missing(name: str) -> Refusal:
    """A named configuration set that is not there."""
    return not_found(f"Configuration set <{name}> does not exist.")


def template_missing(name: str) -> Refusal:
    """A stored template that is not there."""
    return not_found(f"Template {name} does not exist")


def identities_not_verified(region: str, identities: Sequence[str]) -> Refusal:
    """SES writes the region in capitals and lists every identity that failed."""
    return rejected(
        "Email address is not verified. The following identities failed the check in region "
        f"{region.upper()}: {', '.join(identities)}"
    )


def not_suppressed(address: str) -> Refusal:
    """A suppression list entry that is not there."""
    return not_found(f"Email address {address} does not exist on your suppression list.")
