"""The labels and colours of states and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BY_PROGRAM",
    "STATES",
    "Label",
    "event_label",
    "state_label",
    "summary_lines",
]


class Label(NamedTuple):
    """A label: its text, and the tone that colours it (good, busy, warn, bad or calm)."""

    text: str
    tone: str


STATES = {
    "complained": Label("Complained", "bad"),
    "bounced": Label("Bounced", "bad"),
    "rejected": Label("Rejected", "bad"),
    "failed": Label("Failed", "bad"),
    "soft_bounced": Label("Soft bounce", "warn"),
    "suppressed": Label("Suppressed", "warn"),
    "unknown": Label("Unknown", "warn"),
    "expired": Label("Expired", "warn"),
    "canceled": Label("Canceled", "calm"),
    "delayed": Label("Delayed", "warn"),
    "queued": Label("Queued", "busy"),
    "scheduled": Label("Scheduled", "busy"),
    "sending": Label("Sending", "busy"),
    "accepted": Label("Accepted", "busy"),
    "delivered": Label("Delivered", "good"),
    "opened": Label("Opened", "good"),
    "clicked": Label("Clicked", "good"),
}
"""The labels by state, the most urgent state first."""

EVENTS = {
    "send": Label("Sent", "busy"),
    "delivery": Label("Delivered", "good"),
    "bounce": Label("Bounced", "bad"),
    "complaint": Label("Complained", "bad"),
    "reject": Label("Rejected", "bad"),
    "open": Label("Opened", "good"),
    "click": Label("Clicked", "good"),
    "rendering_failure": Label("Rendering failure", "bad"),
    "delivery_delay": Label("Delayed", "warn"),
    "subscription": Label("Unsubscribed", "warn"),
}

BY_PROGRAM = "by a program: changes no state"
VISITOR_FIELDS = ("ip_address", "user_agent")
TEXT_FIELDS = (
    "feedback_type", "link", "diagnostic_code", "smtp_response", "reason", "error_message",
    "contact_list",
)  # fmt: skip


def state_label(state: str) -> Label:
    """Return the label of a state. An unknown state is the label itself."""
    return STATES.get(state, Label(state, "calm"))


def event_label(kind: str) -> Label:
    """Return the label of a kind of event. An unknown kind is the label itself."""
    return EVENTS.get(kind, Label(kind, "calm"))


def summary_lines(details: Mapping[str, Any]) -> list[str]:
    """Return the details of an event that a person needs, as short lines."""
    kinds = " · ".join(str(details[name]) for name in ("type", "subtype") if details.get(name))
    visitor = " · ".join(str(details[name]) for name in VISITOR_FIELDS if details.get(name))
    texts = (str(details[name]) for name in TEXT_FIELDS if details.get(name))
    by_program = BY_PROGRAM if details.get("is_bot") else ""
    link_tags = details.get("link_tags") or {}
    tags = (f"{name} = {', '.join(values)}" for name, values in link_tags.items())
    return [line for line in dict.fromkeys((kinds, *texts, *tags, by_program, visitor)) if line]
