"""EmailState: the states of an email for one recipient, from the weakest to the strongest."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DISPLAY_PRIORITY", "EmailState", "summary_state"]


class EmailState(StrEnum):
    """The state of an email for one recipient, in the order of rank.

    SES's events arrive late, twice and in any order. Only a state of a higher rank replaces a
    state: a late delay does not erase a delivery, and nothing erases a complaint.
    """

    SCHEDULED = "scheduled"
    """It is sent later, at its time."""
    QUEUED = "queued"
    """On the send queue, or back on it because SES could not accept it."""
    SENDING = "sending"
    """A worker is sending it now."""
    UNKNOWN = "unknown"
    """SES's response was lost. SES's Send event will show whether it was sent."""
    FAILED = "failed"
    """SES did not accept it, and there is no retry."""
    CANCELED = "canceled"
    """Stopped before a worker began to send it."""
    EXPIRED = "expired"
    """Not sent in time, and not sent any more."""
    SUPPRESSED = "suppressed"
    """Not sent: the address is on the suppression list."""
    ACCEPTED = "accepted"
    """SES accepted it. Not yet delivered."""
    DELAYED = "delayed"
    """SES could not deliver it yet and retries."""
    REJECTED = "rejected"
    """Refused by this service, by SES at once, or by SES later (a virus, a missing variable)."""
    SOFT_BOUNCED = "soft_bounced"
    """A transient bounce: SES stopped retrying, or an out-of-office reply followed a delivery."""
    DELIVERED = "delivered"
    """The recipient's mail server accepted it."""
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    """A permanent bounce. It may follow a delivery."""
    COMPLAINED = "complained"
    """The recipient reported it as spam."""

    @property
    def rank(self) -> int:
        """The strength of the state: only a state of a higher rank replaces it."""
        return RANKS[self]


RANKS = {
    EmailState.SCHEDULED: -1,
    EmailState.QUEUED: 0,
    EmailState.SENDING: 1,
    EmailState.UNKNOWN: 2,
    EmailState.FAILED: 3,
    EmailState.CANCELED: 3,
    EmailState.EXPIRED: 3,
    EmailState.SUPPRESSED: 4,
    EmailState.ACCEPTED: 5,
    EmailState.DELAYED: 6,
    EmailState.REJECTED: 7,
    EmailState.SOFT_BOUNCED: 8,
    EmailState.DELIVERED: 9,
    EmailState.OPENED: 10,
    EmailState.CLICKED: 11,
    EmailState.BOUNCED: 12,
    EmailState.COMPLAINED: 13,
}
"""The table has these numbers: the number of a state never changes."""

DISPLAY_PRIORITY = (
    EmailState.COMPLAINED,
    EmailState.BOUNCED,
    EmailState.REJECTED,
    EmailState.FAILED,
    EmailState.SOFT_BOUNCED,
    EmailState.SUPPRESSED,
    EmailState.UNKNOWN,
    EmailState.EXPIRED,
    EmailState.CANCELED,
    EmailState.DELAYED,
    EmailState.QUEUED,
    EmailState.SCHEDULED,
    EmailState.SENDING,
    EmailState.ACCEPTED,
    EmailState.DELIVERED,
    EmailState.OPENED,
    EmailState.CLICKED,
)
"""The most urgent state for a person first: failures, then unfinished work, then successes."""


def summary_state(states: Iterable[EmailState]) -> EmailState | None:
    """Return the most urgent of the recipients' states; None without recipients."""
    return min(states, key=DISPLAY_PRIORITY.index, default=None)
