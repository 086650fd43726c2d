"""TrackingEvent: one event of one recipient, reported by SES after it accepted the email."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from amsdal_mail.tracking.details import Bounce, Complaint, Details

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EventKind", "TrackingEvent"]

NOT_THE_MAILBOX = frozenset(
    {
        "UnsubscribedRecipient",  # an opt-out of a contact list
        "OnTenantSuppressionList",  # holds for one tenant only
        "MessageTooLarge",
        "ContentRejected",
        "AttachmentRejected",
        "CustomTimeoutExceeded",  # the sender's own MaxDeliverySeconds
    }
)
"""Subtypes that are no reason to stop mail to the address."""


class EventKind(StrEnum):
    """The kinds of SES events. `UNKNOWN` is a kind that SES may add."""

    SEND = "send"
    DELIVERY = "delivery"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    REJECT = "reject"
    OPEN = "open"
    CLICK = "click"
    RENDERING_FAILURE = "rendering_failure"
    DELIVERY_DELAY = "delivery_delay"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One event of one recipient.

    Events arrive in any order and more than once; `event_id` is the same each time. `at` is in
    UTC. For a bounce or a complaint it comes from the remote server's clock, and may be earlier
    than the time of sending.
    """

    kind: EventKind
    event_type: str
    """The kind in SES's words."""
    event_id: str
    at: datetime
    message_id: str
    """The MessageId of the send call. It is not the Message-ID header."""
    recipient: str | None
    """The bare address, spelled as in the message. None when SES names no recipient."""
    is_recipient_known: bool = True
    """False when SES names several recipients of whom only one acted: opens, clicks, complaints."""
    was_sent_to: bool = True
    """False when a report names an address that the message was not sent to."""
    email_id: str | None = None
    """The id of the email in the service. None for mail from outside the service."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    is_sensitive: bool = False
    """True when the email was sent with `sensitive`: keep `raw`, which has the subject, nowhere."""
    template_version: str | None = None
    """The version of the template, of an email whose template has versions."""
    sent_at: datetime | None = field(default=None, compare=False)
    """When SES accepted the message."""
    details: Details | None = None
    """None for a Send and for unknown kinds: see `raw` then."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The whole SES event. It may concern other recipients too."""

    @property
    def is_permanent(self) -> bool:
        """True for a bounce that SES calls permanent."""
        return isinstance(self.details, Bounce) and self.details.type == "Permanent"

    @property
    def is_spam_report(self) -> bool:
        """True for a complaint, unless it withdraws an earlier report."""
        return isinstance(self.details, Complaint) and self.details.feedback_type != "not-spam"

    @property
    def should_suppress(self) -> bool:
        """True when the recipient should get no more mail, and the message was sent there.

        Most providers hide who complained. SES then names each recipient at that provider, and
        this property is true for each of them.
        https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#complained-recipients
        """
        if not isinstance(self.details, Bounce | Complaint) or self.recipient is None:
            return False
        is_final = self.was_sent_to and (self.is_permanent or self.is_spam_report)
        return is_final and self.details.subtype not in NOT_THE_MAILBOX

    def to_dict(self) -> dict[str, Any]:
        """Return all fields but `raw` as JSON values, times in ISO 8601."""
        details = asdict(self.details) if self.details else {}
        return {
            "event_id": self.event_id,
            "kind": self.kind.value,
            "event_type": self.event_type,
            "at": self.at.isoformat(),
            "message_id": self.message_id,
            "recipient": self.recipient,
            "is_recipient_known": self.is_recipient_known,
            "email_id": self.email_id,
            "tags": list(self.tags),
            "metadata": dict(self.metadata),
            "is_sensitive": self.is_sensitive,
            "template_version": self.template_version,
            "details": {name: _json(value) for name, value in details.items()},
        }


def _json(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
        case dict():
            return {name: _json(inner) for name, inner in value.items()}
        case _:
            return value
