"""What SES says beyond who and when, one small record for each kind of event.

Texts come from remote servers and people's browsers: free, some with line breaks, often absent.
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
    """The recipient's server took the message."""

    smtp_response: str | None = None
    processing_ms: int | None = None
    """Milliseconds from SES's acceptance to that of the remote server."""
    remote_mta_ip: str | None = None
    reporting_mta: str | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """SES gave the recipient up: `Permanent`, `Transient` or `Undetermined`, each with a subtype.

    `type` is the class SES itself acts on; the report's `status` and `action` may contradict it.
    They and `diagnostic_code` are absent where no delivery report came back.
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
    """The recipient's provider reports spam, or with `not-spam` takes an earlier report back."""

    feedback_type: str | None = None
    subtype: str | None = None
    user_agent: str | None = None
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryDelay:
    """SES could not deliver yet, and goes on trying until `expires_at`."""

    type: str | None = None
    status: str | None = None
    diagnostic_code: str | None = None
    expires_at: datetime | None = None
    reporting_mta: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """SES refused the message after accepting it: a virus, usually. No fault of the address."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RenderingFailure:
    """The template could not be filled: usually a variable is missing. No fault of the address."""

    error_message: str | None = None
    template_name: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """The tracking pixel was fetched, by a person or by the provider's own machines."""

    ip_address: str | None = None
    user_agent: str | None = None
    is_bot: bool | None = None
    """True when SES thinks a machine did it, None when it does not say."""


@dataclass(frozen=True, slots=True)
class Click:
    """A tracked link was followed. `link_tags` are those of the link's `ses:tags` attribute."""

    link: str | None = None
    link_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ip_address: str | None = None
    user_agent: str | None = None
    is_bot: bool | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contact changed its preferences: what is different from before."""

    contact_list: str | None = None
    unsubscribed_from_all: bool = False
    """True when the contact opted out of everything with this event."""
    resubscribed: bool = False
    """True when the contact took back an opt-out of everything."""
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
