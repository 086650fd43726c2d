"""The states of emails, and their colours in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from amsdal_mail.cli.output import clean

__all__ = ["STATES", "show_counts", "style_of", "styled"]

GOOD, BAD, WAITS, NOT_SENT, UNSURE = "green", "bold red", "blue", "magenta", "yellow"
STYLES = {
    "scheduled": WAITS,
    "queued": WAITS,
    "sending": WAITS,
    "unknown": UNSURE,
    "failed": BAD,
    "canceled": NOT_SENT,
    "expired": NOT_SENT,
    "suppressed": NOT_SENT,
    "accepted": "cyan",
    "delayed": UNSURE,
    "rejected": BAD,
    "soft_bounced": UNSURE,
    "delivered": GOOD,
    "opened": GOOD,
    "clicked": GOOD,
    "bounced": BAD,
    "complained": BAD,
}
STATES = tuple(STYLES)
"""All states, as `EmailState` of the service has them."""


def style_of(state: str) -> str:
    """Return the style of a state; that of plain text for one that is not known."""
    return STYLES.get(state, "default")


def styled(state: str) -> Text:
    """Return the state in its colour."""
    return Text(clean(state), style=style_of(state))


def show_counts(counts: Mapping[str, int]) -> str:
    """Return the number of recipients by state, such as `2 delivered, 1 bounced`."""
    return ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "none"
