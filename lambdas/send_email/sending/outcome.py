"""SendOutcome: the result of one job."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import ClaimStatus
from email_store.states import EmailState, summary_state
from send_email.sending.recipients import OPEN_STATES

if TYPE_CHECKING:
    from email_store.claims import Claim, Results

__all__ = ["SendOutcome"]


@dataclass(frozen=True, kw_only=True)
class SendOutcome:
    """The results so far. `results` is empty for an email that was split, or not sent at all."""

    email_id: str
    claim: ClaimStatus
    results: Results = field(default_factory=dict)
    lease_expires_at: int = 0
    """When another worker's lease ends, of a BUSY email: epoch seconds."""
    is_misconfigured: bool = False
    """True when AWS refused the set-up: permission, credentials, missing configuration set."""
    is_abandoned: bool = False
    """True when the service stops retrying, after MAX_RETRIES."""
    is_invalid: bool = False
    """True for an invalid email, which was only stored as rejected."""

    @classmethod
    def from_claim(cls, claim: Claim) -> SendOutcome:
        """Build the outcome of a claim that was not granted, or not followed by an attempt.

        A conflicting request's results are hidden.
        """
        results = {} if claim.status is ClaimStatus.CONFLICT else claim.results
        return cls(
            email_id=claim.unit.email_id,
            claim=claim.status,
            results=results,
            lease_expires_at=claim.lease_until,
        )

    @cached_property
    def is_queued(self) -> bool:
        """True when the final result of a recipient comes later, from a job on the queue."""
        return not self.results or any(
            status.state in OPEN_STATES for status in self.results.values()
        )

    @property
    def is_replay(self) -> bool:
        """True when an earlier request with the same id finished the email."""
        return self.claim is ClaimStatus.SETTLED

    @property
    def is_stopped(self) -> bool:
        """True when SES accepts nothing for a while: daily quota used up, sending paused."""
        is_tried = self.claim is ClaimStatus.CLAIMED and not self.is_misconfigured
        return is_tried and any(status.retry is RetryHint.LATER for status in self.results.values())

    @property
    def is_refused(self) -> bool:
        """True when all results are final and no recipient is accepted."""
        return not self.is_queued and SendState.ACCEPTED not in self.counts

    @property
    def state(self) -> EmailState:
        """The state of the email, as far as sending shows it."""
        return summary_state(map(EmailState, self.counts)) or EmailState.QUEUED

    @cached_property
    def counts(self) -> Counter[SendState]:
        """The number of recipients by state."""
        return Counter(status.state for status in self.results.values())
