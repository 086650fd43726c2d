"""The verdict of a chaos run, from the messages that SES accepted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from local.chaos.emails import Email

__all__ = ["Verdict", "accepted_by_ses", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counts of a run. SES must accept each recipient of an email exactly once."""

    emails: int
    recipients: int
    unacknowledged: int
    """Emails that the API did not acknowledge: they may be sent, but not twice."""
    accepted_once: int
    duplicates: int
    lost: int
    dead_letters: int
    """Dead letters that are left at the end."""
    not_delivered: int
    """Recipients that the API does not report as delivered."""
    sent_after_cancel: int = 0
    """Messages of emails whose cancellation the API acknowledged."""
    sent_after_expiry: int = 0
    extra_counts: Mapping[str, int] = field(default_factory=dict)
    """Counts that are shown, but not judged."""

    @property
    def is_good(self) -> bool:
        """Whether each email was sent once, and in time, and the API reports it as delivered."""
        return not (
            self.duplicates
            or self.lost
            or self.dead_letters
            or self.not_delivered
            or self.sent_after_cancel
            or self.sent_after_expiry
        )

    def rows(self) -> list[tuple[str, str]]:
        """Return each count with its name."""
        counts = {
            "emails": self.emails,
            "recipients": self.recipients,
            "accepted by SES exactly once": self.accepted_once,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "left in the dead-letter queues": self.dead_letters,
            "not reported as delivered": self.not_delivered,
            "sent after cancel": self.sent_after_cancel,
            "sent after expiry": self.sent_after_expiry,
            "unacknowledged requests": self.unacknowledged,
            **self.extra_counts,
        }
        return [(name, f"{count:,}") for name, count in counts.items()]


def judge(
    emails: Collection[Email],
    acknowledged: Collection[str],
    accepted: Counter[tuple[str, str]],
    *,
    dead_letters: int,
    not_delivered: int,
    sent_after_cancel: int = 0,
    sent_after_expiry: int = 0,
    extra_counts: Mapping[str, int],
) -> Verdict:
    """Compare the acknowledged emails with what SES accepted, by `email_id` and address."""
    recipients = {(email.key, recipient) for email in emails for recipient in email.recipients}
    expected = {(key, recipient) for key, recipient in recipients if key in acknowledged}
    return Verdict(
        emails=len(emails),
        recipients=len(recipients),
        unacknowledged=sum(email.key not in acknowledged for email in emails),
        accepted_once=sum(accepted[recipient] == 1 for recipient in recipients),
        duplicates=sum(count > 1 for count in accepted.values()),
        lost=len(expected - accepted.keys()),
        dead_letters=dead_letters,
        not_delivered=not_delivered,
        sent_after_cancel=sent_after_cancel,
        sent_after_expiry=sent_after_expiry,
        extra_counts=extra_counts,
    )


def accepted_by_ses(
    messages: Iterable[Mapping[str, Any]], email_ids: Collection[str]
) -> Counter[tuple[str, str]]:
    """Count the messages that SES accepted for these emails, by `email_id` and address."""
    return Counter(
        (email_id, address)
        for message in messages
        for email_id in message["tags"].get("email_id", [])
        if email_id in email_ids
        for address in message["destinations"]
    )
