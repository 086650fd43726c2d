"""EmailState: what may have become of an email for one recipient, from weakest to strongest."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["EmailState", "summary_state"]


class EmailState(StrEnum):
    """What became of an email for one recipient, in the order of their ranks.

    SES's events come late, twice and in any order. A state gives way only to one that stands
    further down, so no delay arriving late erases a delivery, and nothing erases a complaint.
    """

    QUEUED = "queued"
    """On our queue, or back on it because SES could not take it just then."""
    SENDING = "sending"
    """Being handed to SES now."""
    UNKNOWN = "unknown"
    """No answer came from SES: its Send event will tell."""
    FAILED = "failed"
    """Not taken by SES, and not tried again."""
    SUPPRESSED = "suppressed"
    """Held back: the address is on our suppression list."""
    ACCEPTED = "accepted"
    """SES took it. Not yet delivered."""
    DELAYED = "delayed"
    """SES could not deliver yet and goes on trying."""
    REJECTED = "rejected"
    """Refused: by us, by SES at once, or by SES afterwards (a virus, a variable missing)."""
    SOFT_BOUNCED = "soft_bounced"
    """A transient bounce: SES gave up trying, or an out-of-office reply came after a delivery."""
    DELIVERED = "delivered"
    """The recipient's server took it."""
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    """A permanent bounce; it may follow a delivery."""
    COMPLAINED = "complained"
    """Reported as spam."""

    @property
    def rank(self) -> int:
        """How strong the state is: only a higher one takes its place."""
        return RANKS[self]


RANKS = {state: rank for rank, state in enumerate(EmailState)}

ATTENTION = (
    EmailState.COMPLAINED,
    EmailState.BOUNCED,
    EmailState.REJECTED,
    EmailState.FAILED,
    EmailState.SOFT_BOUNCED,
    EmailState.SUPPRESSED,
    EmailState.UNKNOWN,
    EmailState.DELAYED,
    EmailState.QUEUED,
    EmailState.SENDING,
    EmailState.ACCEPTED,
    EmailState.DELIVERED,
    EmailState.OPENED,
    EmailState.CLICKED,
)
"""What needs a person's attention most, first: what went wrong, then what is not yet there."""


def summary_state(states: Iterable[EmailState]) -> EmailState | None:
    """Sum up recipients in one state, the one that most needs attention; None without any."""
    return min(states, key=ATTENTION.index, default=None)
