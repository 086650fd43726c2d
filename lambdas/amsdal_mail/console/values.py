"""The plain data that a source hands to the pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "APIResponse", "About", "Content", "Copy", "DeadLetter", "Email", "EmailPage", "Event", "File",
    "Filters", "Finding", "Json", "Notice", "Part", "Queue", "Recipient", "Story", "Suppression",
    "SuppressionPage", "Table", "Template", "TemplateView",
]  # fmt: skip

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """The stage that the pages show.

    `refresh_seconds` is the pause between two looks at a list that is open in the browser.
    """

    stage: str
    region: str
    is_local: bool = False
    is_connected: bool = True
    address: str = ""
    refresh_seconds: float = 5.0
    searched: str = "subjects, addresses, ids, tags and metadata"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of `GET /emails`. An empty one filters nothing."""

    recipient: str = ""
    state: str = ""
    tag: str = ""
    template: str = ""
    stream: str = ""
    start: str = ""
    end: str = ""

    def query(self) -> dict[str, str]:
        """Return the query parameters of the API."""
        values = {
            "recipient": self.recipient, "state": self.state, "tag": self.tag,
            "template": self.template, "stream": self.stream, "from": self.start, "to": self.end,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Email:
    """An email in the list. `addresses` are the first of its `recipient_count` recipients."""

    id: str
    created_at: datetime
    sender: str
    subject: str
    state: str
    addresses: tuple[str, ...]
    recipient_count: int
    counts: Mapping[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    stream: str = "transactional"
    is_sensitive: bool = False
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EmailPage:
    """A page of emails, newest first, and the `window` of time that was searched for it."""

    emails: tuple[Email, ...]
    next_cursor: str | None = None
    window: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient with its state."""

    address: str
    state: str
    error: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event of SES. `details` are those of the API."""

    at: datetime
    kind: str
    recipient: str | None
    message_id: str | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """What the stage knows about an email: its record, its recipients and its timeline.

    `problem` is the reason why it does not come from the stage. `expected` is the number of events
    that are on their way or here, where the source knows it.
    """

    email_id: str
    state: str | None
    recipients: tuple[Recipient, ...]
    events: tuple[Event, ...]
    record: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    expected: int = 0
    recipients_next: str | None = None
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a message. `number` is its place in the address of the download."""

    number: int
    name: str | None
    content_type: str
    size: int
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Names with values, as the Headers view shows them."""

    caption: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above a message, with a tone (good, busy, warn, bad or calm)."""

    title: str
    text: str
    tone: str = "warn"


@dataclass(frozen=True, slots=True)
class Copy:
    """One of several messages that SES accepted for an email, with its recipient."""

    message_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an email. `missing` is the reason why there is none.

    `source` is the MIME, truncated, where the source has it. `message_id` names the copy that is
    shown, of `copies`.
    """

    missing: str | None = None
    subject: str | None = None
    sender: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    text: str | None = None
    html: str | None = None
    files: tuple[File, ...] = ()
    tables: tuple[Table, ...] = ()
    source: str | None = None
    is_source_truncated: bool = False
    is_sensitive: bool = False
    notices: tuple[Notice, ...] = ()
    message_id: str | None = None
    copies: tuple[Copy, ...] = ()
    template: str | None = None
    ids: tuple[tuple[str, str], ...] = ()
    expires_at: datetime | None = None
    sent_at: datetime | None = None
    destinations: tuple[str, ...] = ()
    image_sources: tuple[str, ...] = ()
    """Further sources of images, for the policy of the frame."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a file."""

    content: bytes
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """An entry of a suppression list. `address` is None for a person who was erased."""

    address: str | None
    reason: str
    at: datetime
    email_id: str | None = None


@dataclass(frozen=True, slots=True)
class SuppressionPage:
    """A page of a suppression list, newest first."""

    entries: tuple[Suppression, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A dead-letter queue. `hidden` messages are delayed or being read."""

    name: str
    count: int
    title: str = ""
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of a dead-letter queue, with the reasons why it is there."""

    message_id: str
    kind: str
    email_id: str | None
    reasons: tuple[str, ...]
    sent_at: datetime | None
    receives: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of doctor. `status` is ok, warn, fail or skip."""

    check: str
    status: str
    message: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A stored template in the list."""

    name: str
    created_at: datetime | None = None
    subject: str = ""
    versions: tuple[str, ...] = ()
    current: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template with its parts and, where it could be rendered, the parts with data."""

    template: Template
    version: str | None
    data: str
    subject: str
    text: str | None
    html: str | None
    rendered_subject: str | None = None
    rendered_text: str | None = None
    rendered_html: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class APIResponse:
    """A response of the service's API."""

    status: int
    body: str
    milliseconds: int
