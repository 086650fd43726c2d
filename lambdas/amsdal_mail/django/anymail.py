"""The result of a send under the names that Anymail's users know.

https://anymail.dev/en/stable/sending/anymail_additions/#esp-send-status
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amsdal_mail.status import SendState, SendStatus

__all__ = ["ANYMAIL_STATES", "AnymailRecipient", "AnymailStatus"]

ANYMAIL_STATES: Mapping[SendState, str] = {
    SendState.ACCEPTED: "queued",
    SendState.QUEUED: "queued",
    SendState.SCHEDULED: "queued",
    SendState.CANCELED: "rejected",
    SendState.EXPIRED: "rejected",
    SendState.SUPPRESSED: "rejected",
    SendState.REJECTED: "rejected",
    SendState.FAILED: "failed",
    SendState.UNKNOWN: "unknown",
}
"""Anymail says `queued` of what SES accepted: it is not yet sent on."""


@dataclass(frozen=True, slots=True)
class AnymailRecipient:
    """The result for one address."""

    status: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class AnymailStatus:
    """The result of one message. `esp_response` is the SendStatus of this library."""

    status: frozenset[str]
    message_id: str | None
    recipients: Mapping[str, AnymailRecipient] = field(default_factory=dict)
    esp_response: SendStatus | None = None

    @classmethod
    def from_status(cls, status: SendStatus) -> AnymailStatus:
        """Return the status of one message."""
        recipients = {
            address: AnymailRecipient(ANYMAIL_STATES[result.state], result.message_id)
            for address, result in status.recipients.items()
        }
        states = frozenset(recipient.status for recipient in recipients.values())
        return cls(states, status.message_id, recipients, status)
