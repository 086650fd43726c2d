"""Claim, lease and settle: how one email, or one chunk of it, is sent by one sender at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from amsdal_mail.status import RecipientStatus, SendState
from email_store.records import RecipientRecord

__all__ = [
    "CLOCK_SKEW",
    "Claim",
    "ClaimStatus",
    "Results",
    "SendUnit",
    "UnitState",
    "claim_conflict",
    "mark_accepted_from_events",
]

CLOCK_SKEW = timedelta(minutes=1)
"""SES's clock may be so far behind ours."""

Results = Mapping[str, RecipientStatus]
"""The answers of sending, by bare address."""


@dataclass(frozen=True, slots=True)
class SendUnit:
    """What is claimed and settled as one: an email, or one chunk of it."""

    email_id: str
    chunk: int | None = None


class ClaimStatus(StrEnum):
    """What came of a wish to send a part."""

    CLAIMED = "claimed"
    """The lease is ours: send, then settle or release."""
    SETTLED = "settled"
    """Everything is done already: answer with the results, send nothing."""
    BUSY = "busy"
    """Somebody else holds the lease."""
    CONFLICT = "conflict"
    """The id belongs to another request."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim.

    `results` holds every recipient of the part: those still to be sent to are `queued`, the others
    keep the answer of an earlier try. `attempt` counts the claims of the part, and proves to
    `settle` and `release` that no later claim has taken the lease over.
    """

    part: SendUnit
    status: ClaimStatus
    results: Results = field(default_factory=dict)
    attempt: int = 0
    lease_until: int = 0
    """Epoch seconds at which the lease runs out: ours when CLAIMED, somebody else's when BUSY."""


@dataclass(frozen=True, slots=True)
class UnitState:
    """A part as it is kept."""

    fingerprint: str
    results: Results
    created_at: datetime
    attempt: int = 0
    lease_until: int = 0
    """Epoch seconds; 0 when nobody holds the lease."""
    is_settled: bool = False

    @property
    def is_rejection(self) -> bool:
        """True for a request that broke rules: it makes room for the mended one."""
        return not self.fingerprint

    @property
    def is_leased(self) -> bool:
        """True from a claim until it is settled or released, even when the lease ran out."""
        return self.lease_until > 0

    def answer(self, part: SendUnit, outcome: ClaimStatus) -> Claim:
        """Answer a claim with what is kept."""
        return Claim(part, outcome, self.results, self.attempt, self.lease_until)


def epoch_seconds(moment: datetime | None) -> int:
    """Write when a lease ends; 0 when nobody holds it."""
    return int(moment.timestamp()) if moment else 0


def claim_conflict(known: UnitState, fingerprint: str, now: float) -> ClaimStatus | None:
    """Say why the part cannot be claimed at `now` (epoch seconds); None when it can."""
    if known.fingerprint != fingerprint:
        return ClaimStatus.CONFLICT
    if known.is_settled:
        return ClaimStatus.SETTLED
    return ClaimStatus.BUSY if known.lease_until > now else None


def queued(addresses: Collection[str]) -> dict[str, RecipientStatus]:
    """Make the results of a part that nobody has sent yet."""
    return {one: RecipientStatus(one, SendState.QUEUED) for one in addresses}


def mark_accepted_from_events(state: UnitState, recipients: Iterable[RecipientRecord]) -> UnitState:
    """Count as accepted whoever SES's events know: an event exists only for mail that SES took.

    What was sent before the part was made is of an earlier email that had the same id.
    """
    accepted = {
        one.address: RecipientStatus(one.address, SendState.ACCEPTED, one.message_id)
        for one in recipients
        if one.address in state.results
        and state.results[one.address].state is not SendState.ACCEPTED
        and one.at >= state.created_at - CLOCK_SKEW
    }
    return replace(state, results={**state.results, **accepted})
