"""The words and colours of states and events; what needs attention most stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Word(NamedTuple):
    """A label and the tone that colours it: good, busy, warn, bad or calm."""

    text: str
    tone: str


STATES = {
    "complained": Word("Complained", "bad"),
    "bounced": Word("Bounced", "bad"),
    "rejected": Word("Rejected", "bad"),
    "failed": Word("Failed", "bad"),
    "soft_bounced": Word("Soft bounce", "warn"),
    "suppressed": Word("Suppressed", "warn"),
    "unknown": Word("Unknown", "warn"),
    "delayed": Word("Delayed", "warn"),
    "queued": Word("Queued", "busy"),
    "sending": Word("Sending", "busy"),
    "accepted": Word("Accepted", "busy"),
    "delivered": Word("Delivered", "good"),
    "opened": Word("Opened", "good"),
    "clicked": Word("Clicked", "good"),
}
_ORDER = {state: place for place, state in enumerate(STATES)}
DEFAULT_WORD = Word("Accepted", "calm")

EVENTS = {
    "send": Word("Sent", "busy"),
    "delivery": Word("Delivered", "good"),
    "bounce": Word("Bounced", "bad"),
    "complaint": Word("Complained", "bad"),
    "reject": Word("Rejected", "bad"),
    "open": Word("Opened", "good"),
    "click": Word("Clicked", "good"),
    "rendering_failure": Word("Rendering failure", "bad"),
    "delivery_delay": Word("Delayed", "warn"),
    "subscription": Word("Unsubscribed", "warn"),
}


_VISITOR = ("ip_address", "user_agent")
_SAYING = (
    "feedback_type", "link", "diagnostic_code", "smtp_response", "reason", "error_message",
    "contact_list",
)  # fmt: skip


def state_label(state: str) -> Word:
    """The word of a state; a state we do not know stands as it is."""
    return STATES.get(state, Word(state, "calm"))


def event_label(kind: str) -> Word:
    """The word of a kind of event; a kind we do not know stands as it is."""
    return EVENTS.get(kind, Word(kind, "calm"))


def most_urgent(states: Iterable[str]) -> str | None:
    """The state that needs a person's attention most; None without any."""
    return min(states, key=lambda state: _ORDER.get(state, -1), default=None)


def summary_lines(details: Mapping[str, Any]) -> list[str]:
    """What a person wants to know of an event's details, each a short line."""
    kinds = " · ".join(str(details[name]) for name in ("type", "subtype") if details.get(name))
    visit = " · ".join(str(details[name]) for name in _VISITOR if details.get(name))
    said = (str(details[name]) for name in _SAYING if details.get(name))
    tags = (f"{name} = {', '.join(of)}" for name, of in (details.get("link_tags") or {}).items())
    return [line for line in dict.fromkeys((kinds, *said, *tags, visit)) if line]
