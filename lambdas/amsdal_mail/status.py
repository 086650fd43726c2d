"""What a backend answered, for each recipient: acceptance, which is not yet delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from amsdal_mail.exceptions import (
    RejectedError,
    RetryableError,
    SendError,
    SuppressedError,
    UnknownOutcomeError,
)

__all__ = ["RecipientStatus", "RetryHint", "SendState", "SendStatus"]


class SendState(StrEnum):
    """The backend's answer for one recipient, from best to worst."""

    ACCEPTED = "accepted"
    """SES took it. Not yet delivered."""
    QUEUED = "queued"
    """It is on our queue."""
    SUPPRESSED = "suppressed"
    """Held back by the suppression list."""
    FAILED = "failed"
    """Not taken; may be tried again."""
    UNKNOWN = "unknown"
    """No answer came: sent or not, SES's events will tell."""
    REJECTED = "rejected"
    """Refused for good."""


class RetryHint(StrEnum):
    """Whether, and how soon, trying again can help."""

    NO = "no"
    SOON = "soon"
    """Within seconds, with growing delay and jitter: rate exceeded, SES outage."""
    LATER = "later"
    """Minutes or more: daily quota, sending paused, permission missing."""


GOOD = frozenset({SendState.ACCEPTED, SendState.QUEUED})
BADNESS = {state: rank for rank, state in enumerate(SendState)}
ERRORS: dict[SendState, type[SendError]] = {
    SendState.SUPPRESSED: SuppressedError,
    SendState.FAILED: RetryableError,
    SendState.UNKNOWN: UnknownOutcomeError,
    SendState.REJECTED: RejectedError,
}


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """The answer for one address.

    `message_id` is SES's MessageId when accepted, the id of the email when queued.
    `error_code` and `error_message` are AWS's own, or ours in the same style.
    """

    address: str
    state: SendState
    message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    retry: RetryHint = RetryHint.NO

    @property
    def is_success(self) -> bool:
        """True when the address is accepted or queued."""
        return self.state in GOOD


@dataclass(frozen=True, slots=True)
class SendStatus:
    """What became of one call: of one message, or of several.

    `recipients` is keyed by the bare address (its domain in lower case ASCII). Where several
    messages name the same address, the worst answer stands there; `messages` keeps them apart.
    """

    recipients: Mapping[str, RecipientStatus]
    parts: tuple[SendStatus, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, recipients: Iterable[RecipientStatus]) -> SendStatus:
        """Sum up the answers for the recipients of one message."""
        worst: dict[str, RecipientStatus] = {}
        for status in recipients:
            known = worst.get(status.address)
            if known is None or BADNESS[status.state] > BADNESS[known.state]:
                worst[status.address] = status
        return cls(worst)

    @classmethod
    def combine(cls, messages: Iterable[SendStatus]) -> SendStatus:
        """Sum up several messages; the status of a single one stays as it is."""
        every = tuple(messages)
        if len(every) == 1:
            return every[0]
        total = cls.of(one for status in every for one in status.recipients.values())
        return cls(total.recipients, every)

    @property
    def messages(self) -> tuple[SendStatus, ...]:
        """The status of each message of the call, in the order they were given."""
        return self.parts or (self,)

    @property
    def is_success(self) -> bool:
        """True when there is a recipient, and every one is accepted or queued."""
        return bool(self.recipients) and all(r.is_success for r in self.recipients.values())

    @property
    def message_id(self) -> str | None:
        """The id of the message, or the first of `message_ids` where there are several."""
        return next(iter(self.message_ids), None)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Every distinct id in order: one a plain message, one a recipient of a bulk send."""
        ids = (r.message_id for part in self.messages for r in part.recipients.values())
        return tuple(dict.fromkeys(one for one in ids if one))

    def raise_for_status(self) -> SendStatus:
        """Return self when `is_success`, else raise the SendError of the worst answer."""
        if self.is_success:
            return self
        if not self.recipients:
            raise SendError("nothing was sent: there was no message", self)
        worst = max(self.recipients.values(), key=lambda r: BADNESS[r.state])
        detail = f"{worst.error_code or worst.state}: {worst.error_message or 'no text given'}"
        raise ERRORS[worst.state](f"{worst.address} {worst.state}: {detail}", self)
