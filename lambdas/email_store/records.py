"""The records the store keeps, as both functions hand them to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from amsdal_mail.exceptions import FieldError
from email_store.states import EmailState

__all__ = [
    "EmailRecord",
    "EventRecord",
    "KnownEvents",
    "RecipientRecord",
    "Suppression",
    "external_email_id",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRecord:
    """What is kept of an email itself: no body, no attachment, no merge data."""

    email_id: str
    fingerprint: str
    """SHA-256 of the request: tells a repeated request from another one with the same id.
    Empty for a request that broke rules."""
    created_at: datetime
    from_email: str = ""
    subject: str = ""
    template_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The user's own spelling, whatever SES's alphabet made of it."""
    recipient_count: int = 0
    chunk_count: int = 0
    """How many chunks it was split into; 0 when it goes in one piece."""
    errors: tuple[FieldError, ...] = ()
    """The broken rules for which it was rejected before anything was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRecord:
    """How far SES's events brought one recipient."""

    email_id: str
    address: str
    state: EmailState
    at: datetime
    """When the message was sent; of the event, where SES does not tell."""
    message_id: str
    error_code: str | None = None
    """For a bounce, a rejection and the like: SES's word for it."""
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event of an email's timeline. `event_id` is the same each time SES delivers it."""

    email_id: str
    event_id: str
    kind: str
    at: datetime
    message_id: str
    recipient: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """SES's own JSON."""
    is_cut: bool = False
    """True when that was too large to keep, or even the details were: then they are empty."""


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """What was known of an email when SES reported on it."""

    event_ids: frozenset[str]
    """Of the events asked for, those in the timeline already."""
    record: EmailRecord | None
    """None for mail that this service did not send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no more mail. Its letter case is kept, but makes no difference."""

    address: str
    reason: str
    at: datetime
    email_id: str | None = None

    @property
    def is_complaint(self) -> bool:
        """True for the strongest reason: the recipient wants no more mail."""
        return self.reason == "complaint"

    def replaces(self, known: Suppression) -> bool:
        """Tell whether it takes the place of the entry known: the newer of two alike does."""
        if self.reason == known.reason:
            return self.at > known.at
        return self.is_complaint


def external_email_id(message_id: str) -> str:
    """Make the id under which events of mail that this service did not send are kept."""
    return f"ses-{message_id}"
