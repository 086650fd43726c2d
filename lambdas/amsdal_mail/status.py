"""The result of a send: states, statuses, and the errors that carry a status.

A status says whether SES accepted an email. Acceptance is not yet delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from amsdal_mail.exceptions import MailError

__all__ = [
    "ConfigurationError",
    "CredentialsError",
    "RecipientStatus",
    "RejectedError",
    "RetryHint",
    "RetryableError",
    "SendError",
    "SendState",
    "SendStatus",
    "SuppressedError",
    "UnknownOutcomeError",
]


class ConfigurationError(MailError):
    """The connection cannot work as it is set up. No recipient is at fault.

    `status` has the result of each message when AWS refused the set-up during a send, else None.
    """

    def __init__(self, message: str, status: SendStatus | None = None) -> None:
        super().__init__(message)
        self.status = status


class CredentialsError(ConfigurationError):
    """The AWS credentials are missing, or AWS refused them."""


class SendError(MailError):
    """At least one recipient was not accepted. `status` has the result of each recipient."""

    def __init__(self, message: str, status: SendStatus | None = None) -> None:
        super().__init__(message)
        self.status = status


class RejectedError(SendError):
    """The backend refused the email for good. A retry does not help."""


class SuppressedError(SendError):
    """The address is on the suppression list, so the email was not sent."""


class RetryableError(SendError):
    """SES did not take the email (rate, quota, pause, outage). A retry may help."""


class UnknownOutcomeError(SendError):
    """A call timed out or broke before the response arrived. The email may have been sent.

    SES has no idempotency token: a retry may send the email twice.
    """


class SendState(StrEnum):
    """The result for one recipient, from best to worst."""

    ACCEPTED = "accepted"
    """SES took the email. It is not yet delivered."""
    QUEUED = "queued"
    """The email is on the send queue of the service."""
    SCHEDULED = "scheduled"
    """The service keeps the email until its time. The states `scheduled`, `canceled` and `expired`
    are those of the service: no backend returns them."""
    CANCELED = "canceled"
    """The email was stopped before the service began to send it."""
    EXPIRED = "expired"
    """The email was not sent in time, and is not sent any more."""
    SUPPRESSED = "suppressed"
    """The address is on the suppression list, so the email was not sent."""
    FAILED = "failed"
    """SES did not take the email. A retry may help."""
    UNKNOWN = "unknown"
    """The response was lost. The events of SES will show whether the email was sent."""
    REJECTED = "rejected"
    """The email was refused for good."""


class RetryHint(StrEnum):
    """Whether a retry can help, and how soon."""

    NO = "no"
    SOON = "soon"
    """Within seconds, with growing delay and jitter: rate exceeded, SES outage."""
    LATER = "later"
    """After minutes or more: daily quota, sending paused, permission missing."""


SUCCESS_STATES = frozenset({SendState.ACCEPTED, SendState.QUEUED, SendState.SCHEDULED})
SEVERITY = {state: rank for rank, state in enumerate(SendState)}
ERRORS: dict[SendState, type[SendError]] = {
    SendState.CANCELED: RejectedError,
    SendState.EXPIRED: RejectedError,
    SendState.SUPPRESSED: SuppressedError,
    SendState.FAILED: RetryableError,
    SendState.UNKNOWN: UnknownOutcomeError,
    SendState.REJECTED: RejectedError,
}


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """The result for one address.

    `message_id` is the MessageId of SES when the email is accepted, the email's id when it is
    queued. `error_code` and `error_message` come from AWS, or from this library in the same style.
    """

    address: str
    state: SendState
    message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    retry: RetryHint = RetryHint.NO

    @property
    def is_success(self) -> bool:
        """True when the email is accepted, queued or scheduled."""
        return self.state in SUCCESS_STATES


@dataclass(frozen=True, slots=True)
class SendStatus:
    """The result of one send, of one message or of several.

    `recipients` is keyed by the bare address, with the domain in lower case ASCII. When several
    messages name the same address, it has the worst result; `messages` keeps them apart.
    """

    recipients: Mapping[str, RecipientStatus]
    parts: tuple[SendStatus, ...] = field(default=(), repr=False)

    @classmethod
    def from_recipients(cls, recipients: Iterable[RecipientStatus]) -> SendStatus:
        """Return the status of one message with these recipients."""
        worst: dict[str, RecipientStatus] = {}
        for recipient in recipients:
            earlier = worst.get(recipient.address)
            if earlier is None or SEVERITY[recipient.state] > SEVERITY[earlier.state]:
                worst[recipient.address] = recipient
        return cls(worst)

    @classmethod
    def combine(cls, messages: Iterable[SendStatus]) -> SendStatus:
        """Return the status of several messages. A single status is returned as it is."""
        statuses = tuple(messages)
        if len(statuses) == 1:
            return statuses[0]
        total = cls.from_recipients(
            recipient for status in statuses for recipient in status.recipients.values()
        )
        return cls(total.recipients, statuses)

    @property
    def messages(self) -> tuple[SendStatus, ...]:
        """The status of each message, in the order in which the messages were given."""
        return self.parts or (self,)

    @property
    def is_success(self) -> bool:
        """True when there are recipients, and all of them are accepted, queued or scheduled."""
        return bool(self.recipients) and all(r.is_success for r in self.recipients.values())

    @property
    def message_id(self) -> str | None:
        """The first of `message_ids`, or None."""
        return next(iter(self.message_ids), None)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """All distinct ids, in order: one per plain message, one per `to` of a bulk send."""
        ids = (r.message_id for part in self.messages for r in part.recipients.values())
        return tuple(dict.fromkeys(message_id for message_id in ids if message_id))

    def raise_for_status(self) -> SendStatus:
        """Return self when `is_success`.

        Raises:
            SendError: its subclass for the state of the worst recipient.
        """
        if self.is_success:
            return self
        if not self.recipients:
            raise SendError("nothing was sent: there was no message", self)
        worst = max(self.recipients.values(), key=lambda r: SEVERITY[r.state])
        detail = f"{worst.error_code or worst.state}: {worst.error_message or 'no text given'}"
        raise ERRORS[worst.state](f"{worst.address} {worst.state}: {detail}", self)
