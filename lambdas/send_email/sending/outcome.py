"""SendOutcome: what the service made of one job."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import Claim, ClaimStatus, Results
from email_store.states import EmailState, summary_state
from send_email.sending.recipients import OPEN

__all__ = ["SendOutcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """The answers known now. `results` is empty for an email that was split, or not sent at all."""

    email_id: str
    claim: ClaimStatus
    results: Results = field(default_factory=dict)
    lease_expires_at: int = 0
    """When a BUSY email can be claimed again at the latest: epoch seconds."""
    is_misconfigured: bool = False
    """True when AWS refused the set-up: permission, credentials, missing configuration set."""
    is_abandoned: bool = False
    """True when somebody was tried MAX_RETRIES times and is tried no more."""
    is_invalid: bool = False
    """True when it broke rules and was kept only for people to see."""

    @classmethod
    def of(cls, claim: Claim) -> SendOutcome:
        """Tell what a claim alone has settled. The results of another request stay its own."""
        results = {} if claim.status is ClaimStatus.CONFLICT else claim.results
        return cls(
            email_id=claim.unit.email_id,
            claim=claim.status,
            results=results,
            lease_expires_at=claim.lease_until,
        )

    @property
    def is_queued(self) -> bool:
        """True when the last word on some recipient is still to come, by way of the queue."""
        return not self.results or any(one.state in OPEN for one in self.results.values())

    @property
    def is_replay(self) -> bool:
        """True when an earlier request with the same id had done it all."""
        return self.claim is ClaimStatus.SETTLED

    @property
    def is_stopped(self) -> bool:
        """True when SES takes nothing for a while: daily quota used up, sending paused."""
        is_tried = self.claim is ClaimStatus.CLAIMED and not self.is_misconfigured
        return is_tried and any(one.retry is RetryHint.LATER for one in self.results.values())

    @property
    def is_refused(self) -> bool:
        """True when nobody gets it: every answer is in, and none is good."""
        states = {one.state for one in self.results.values()}
        return not self.is_queued and SendState.ACCEPTED not in states

    @property
    def state(self) -> EmailState:
        """The state of the email as far as sending knows it."""
        return (
            summary_state(EmailState(one.state) for one in self.results.values())
            or EmailState.QUEUED
        )

    def counts(self) -> Counter[SendState]:
        """Count the recipients by state."""
        return Counter(one.state for one in self.results.values())
