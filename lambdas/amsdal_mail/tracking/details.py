"""The details of an event, one small class for each kind of event.

The texts come from remote servers and from browsers. They are free text, may hold line breaks,
and are often absent.
Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "Bounce",
    "Click",
    "Complaint",
    "Delivery",
    "DeliveryDelay",
    "Details",
    "Open",
    "Reject",
    "RenderingFailure",
    "Subscription",
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The recipient's mail server accepted the message."""

    smtp_response: str | None = None
    processing_ms: int | None = None
    """Milliseconds between the acceptance by SES and by the remote server."""
    remote_mta_ip: str | None = None
    reporting_mta: str | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """SES stopped delivery to the recipient.

    `type` is `Permanent`, `Transient` or `Undetermined`. SES itself acts on it; `status` and
    `action` of the remote server's report may contradict it. They and `diagnostic_code` are absent
    without a report.
    """

    type: str
    subtype: str | None = None
    status: str | None = None
    action: str | None = None
    diagnostic_code: str | None = None
    reporting_mta: str | None = None
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """The recipient's provider reports spam, or withdraws an earlier report with `not-spam`."""

    feedback_type: str | None = None
    subtype: str | None = None
    user_agent: str | None = None
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryDelay:
    """SES could not deliver the message yet, and retries until `expires_at`."""

    type: str | None = None
    status: str | None = None
    diagnostic_code: str | None = None
    expires_at: datetime | None = None
    reporting_mta: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """SES refused the message after accepting it, usually for a virus.

    The address is not at fault.
    """

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RenderingFailure:
    """SES could not render the template, usually because a variable is missing.

    The address is not at fault.
    """

    error_message: str | None = None
    template_name: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """The tracking pixel was loaded, by a person or by a machine of the mail provider."""

    ip_address: str | None = None
    user_agent: str | None = None
    is_bot: bool | None = None
    """True when SES reports that a machine loaded it; None when SES does not say."""


@dataclass(frozen=True, slots=True)
class Click:
    """A tracked link was followed. `link_tags` come from the `ses:tags` attribute of the link."""

    link: str | None = None
    link_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ip_address: str | None = None
    user_agent: str | None = None
    is_bot: bool | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contact changed the preferences of a contact list: only the changes."""

    contact_list: str | None = None
    unsubscribed_from_all: bool = False
    """True when the contact opted out of all topics with this event."""
    resubscribed: bool = False
    """True when the contact revoked an opt-out of all topics."""
    opted_out: tuple[str, ...] = ()
    opted_in: tuple[str, ...] = ()


Details = (
    Delivery
    | Bounce
    | Complaint
    | DeliveryDelay
    | Reject
    | RenderingFailure
    | Open
    | Click
    | Subscription
)
