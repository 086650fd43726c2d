"""What came of a chaos run, counted where it cannot be mistaken: at SES."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from local.chaos.emails import Email


@dataclass(frozen=True, slots=True)
class Verdict:
    """One email to three people is three that SES has to accept."""

    emails: int
    recipients: int
    unanswered: int
    """Emails of the API that nobody acknowledged: they may be sent, but not twice."""
    accepted_once: int
    duplicates: int
    lost: int
    left: int
    """Dead letters that are still there in the end."""
    untold: int
    """Recipients of whom the API does not say, or not rightly, that they were delivered to."""
    more: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """True when nobody lost an email or got it twice, and the table knows."""
        return not (self.duplicates or self.lost or self.left or self.untold)

    def rows(self) -> list[tuple[str, str]]:
        """List every figure with its name."""
        figures = {
            "emails in": self.emails,
            "recipients": self.recipients,
            "accepted by SES exactly once": self.accepted_once,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "left in the dead-letter queue": self.left,
            "not known as delivered": self.untold,
            "unanswered requests": self.unanswered,
            **self.more,
        }
        return [(name, f"{count:,}") for name, count in figures.items()]


def judge(
    emails: Iterable[Email],
    acknowledged: Collection[str],
    accepted: Counter[tuple[str, str]],
    *,
    left: int,
    untold: int,
    more: Mapping[str, int],
) -> Verdict:
    """Compare what was acknowledged with what SES accepted, by email and address."""
    every = list(emails)
    wanted = {(one.key, to) for one in every if one.key in acknowledged for to in one.recipients}
    return Verdict(
        emails=len(every),
        recipients=sum(len(one.recipients) for one in every),
        unanswered=sum(one.key not in acknowledged for one in every),
        accepted_once=sum(count == 1 for count in accepted.values()),
        duplicates=sum(count > 1 for count in accepted.values()),
        lost=sum(one not in accepted for one in wanted),
        left=left,
        untold=untold,
        more=more,
    )


def accepted_by_ses(messages: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """Count the messages that SES accepted, by our id and recipient."""
    return Counter(
        (email_id, address)
        for message in messages
        for email_id in message["tags"].get("email_id", [])
        for address in message["destinations"]
    )
