"""The records of the store, as both functions read and write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from amsdal_mail.stream import Stream
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amsdal_mail.exceptions import FieldError
    from amsdal_mail.message.stored_request import StoredContent

__all__ = [
    "REPEATING_KINDS",
    "EmailRecord",
    "ErasedAddress",
    "EventRecord",
    "KeptContent",
    "KnownEvents",
    "RecipientRecord",
    "Repeat",
    "Suppression",
    "TemplateVersion",
    "external_email_id",
    "is_external",
]

EXTERNAL = "ses-"
REPEATING_KINDS = frozenset({"open", "click"})
"""Kinds of events that a recipient can cause without limit."""


class KeptContent(NamedTuple):
    """Where the message of an email is kept, for people to look in and to send it again."""

    key: str
    """The key of its JSON in the bucket of the service."""
    until: datetime
    """The time from which it counts as deleted, in whole seconds. The bucket deletes it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRecord:
    """An email without its content: no body, no attachment, no merge data is stored."""

    email_id: str
    fingerprint: str
    """SHA-256 of the request: distinguishes a repeated request from another with the same id.
    Empty for an invalid request."""
    created_at: datetime
    from_email: str = ""
    subject: str = ""
    template_id: str | None = None
    template_version: str | None = None
    """The version of the template that went out last; None for a template without versions."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Tags and metadata are spelled as in the request, not in SES's alphabet."""
    recipient_count: int = 0
    is_sensitive: bool = False
    """True for an email whose subject is not stored."""
    chunk_count: int = 0
    """The number of chunks of a large email; 0 when the email is sent as a whole. The counts of a
    large email are kept, and its recipients come in pages."""
    copies: tuple[str, ...] = ()
    """The bare addresses in cc and bcc of an email in chunks: each chunk has them."""
    stream: Stream = Stream.TRANSACTIONAL
    errors: tuple[FieldError, ...] = ()
    """The broken rules of an invalid request."""
    send_at: datetime | None = None
    """When the email is sent; None for an email that is sent at once."""
    expires_at: datetime | None = None
    """From when on the email is not sent any more. Both times are whole seconds."""
    content: StoredContent | None = None
    """Where the content of a scheduled email is."""
    is_scheduled: bool = False
    """True for a stored email with a `send_at` that no worker has claimed."""
    is_canceled: bool = False
    """True for a stored email that was stopped before a worker claimed it."""
    kept: KeptContent | None = None
    """Where the message of a stored email is kept; None when it is not kept."""
    resent_from: str | None = None
    """The id of the email whose message it sends again."""
    erased: tuple[str, ...] = ()
    """The pseudonyms of the recipients that were erased."""

    @property
    def content_key(self) -> str | None:
        """The key of the kept message in the bucket of the service."""
        return self.kept.key if self.kept else None

    def has_content(self, now: datetime) -> bool:
        """Return whether the message is kept, and its time is not over."""
        return self.kept is not None and now < self.kept.until


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRecord:
    """The state of one recipient, as SES's events report it, or as sending to it ended."""

    email_id: str
    address: str
    state: EmailState
    at: datetime
    """When the message was sent, or the time of the event if SES does not report that."""
    message_id: str | None
    error_code: str | None = None
    """SES's word for a bounce, a rejection and the like."""
    error_message: str | None = None
    is_reported: bool = True
    """False for the result of sending: only an event proves that SES accepted the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event of an email's timeline. `event_id` is the same in each delivery of the event."""

    email_id: str
    event_id: str
    kind: str
    at: datetime
    message_id: str
    recipient: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """SES's own JSON. Empty for a sensitive email: it has the subject."""
    is_truncated: bool = False
    """True when `raw` was too large to store. `details` may be missing too."""

    @property
    def repeat(self) -> Repeat | None:
        """The repeat that the event counts for; None for a kind with a limited number."""
        return Repeat(self.kind, self.recipient) if self.kind in REPEATING_KINDS else None


class Repeat(NamedTuple):
    """The opens or the clicks of one recipient, which are counted."""

    kind: str
    recipient: str | None


class ErasedAddress(NamedTuple):
    """What the events of an erased address are about now."""

    pseudonym: str
    until: datetime
    """Mail that was sent until then is erased. Later mail to the address is other mail."""


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """The stored data of an email that new events of SES need."""

    event_ids: frozenset[str]
    """The ids of the reported events that are in the timeline already."""
    record: EmailRecord | None
    """None for mail that this service did not send."""
    repeats: Mapping[Repeat, int] = field(default_factory=dict)
    """How often each recipient of the reported events opened or clicked before."""
    accepted: Mapping[str, str | None] = field(default_factory=dict)
    """The SES message of each recipient whose stored result is accepted, by address."""
    erased: Mapping[str, ErasedAddress] = field(default_factory=dict)
    """Those addresses in the reported events that were erased."""

    def has_result(self, recipient: RecipientRecord) -> bool:
        """Return whether the email itself says all that the record of the recipient would say.

        Its result is final, because an accepted recipient stays accepted. A large email has the
        results in its chunks.
        """
        message_id = self.accepted.get(recipient.address)
        is_accepted = recipient.state is EmailState.ACCEPTED and message_id is not None
        return is_accepted and message_id == recipient.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no more mail. Letter case is kept, but does not distinguish entries."""

    address: str
    """Empty where a list shows an erased address: only its hash is stored."""
    reason: str
    at: datetime
    email_id: str | None = None
    is_erased: bool = False
    """True when the address is stored as its hash only, and without the email."""

    @property
    def is_complaint(self) -> bool:
        """True for a complaint, the strongest reason."""
        return self.reason == "complaint"

    def replaces(self, stored: Suppression) -> bool:
        """Return whether this entry replaces the stored one: of equal reasons, the newer does."""
        if self.reason == stored.reason:
            return self.at > stored.at
        return self.is_complaint


class TemplateVersion(NamedTuple):
    """The version of a template that a stage sends now, under its name in SES."""

    version: str
    ses_name: str


def external_email_id(message_id: str) -> str:
    """Return the id under which events of mail from outside this service are stored."""
    return f"{EXTERNAL}{message_id}"


def is_external(email_id: str) -> bool:
    """Return whether the id may be one of mail from outside this service."""
    return email_id.startswith(EXTERNAL)
