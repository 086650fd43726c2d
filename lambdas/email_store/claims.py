"""Claim, lease and settle: only one worker at a time sends an email, or one chunk of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from amsdal_mail.status import RecipientStatus, SendState
from amsdal_mail.stream import Stream
from email_store.records import RecipientRecord
from email_store.states import EmailState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from amsdal_mail.message.stored_request import StoredContent
    from email_store.records import EmailRecord, KeptContent

__all__ = [
    "CLOCK_SKEW",
    "OPEN_STATES",
    "Claim",
    "ClaimStatus",
    "Results",
    "SendUnit",
    "UnitState",
    "canceled",
    "claim_conflict",
    "count_results",
    "epoch_seconds",
    "failed_recipients",
    "mark_accepted_from_events",
    "queued",
    "rejected",
]

CLOCK_SKEW = timedelta(minutes=1)
"""How far SES's clock may be behind ours."""

OPEN_STATES = frozenset({SendState.SCHEDULED, SendState.QUEUED, SendState.UNKNOWN})
"""States that are not final. `unknown` is decided after `lost_response` seconds: with a Send event
of SES the recipient is accepted, without one nothing was sent."""

Results = Mapping[str, RecipientStatus]
"""The results of sending, by bare address."""


@dataclass(frozen=True, slots=True)
class SendUnit:
    """An email, or one chunk of it. It is claimed and settled as a whole."""

    email_id: str
    chunk: int | None = None


class ClaimStatus(StrEnum):
    """The result of an attempt to claim a unit."""

    CLAIMED = "claimed"
    """The lease is granted: send, then settle or release."""
    SETTLED = "settled"
    """The unit is finished: respond with its results, send nothing."""
    BUSY = "busy"
    """Another worker holds the lease."""
    SCHEDULED = "scheduled"
    """The time of the email has not come: send nothing."""
    CONFLICT = "conflict"
    """The id belongs to another request."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The response to a claim.

    `results` has every recipient of the unit: a recipient without a final result is `queued` or
    `unknown`. `attempt` counts the claims of the unit. It proves to `settle` and `release` that no
    later claim has taken over the lease.
    """

    unit: SendUnit
    status: ClaimStatus
    results: Results = field(default_factory=dict)
    attempt: int = 0
    lease_until: int = 0
    """Epoch seconds at which the lease ends: ours when CLAIMED, another worker's when BUSY."""
    send_at: datetime | None = None
    """When the email is sent, after all moves; None for an email that is sent at once."""
    generation: int = 0
    expires_at: datetime | None = None
    """From when on the email is not sent any more, as its first request had it."""
    content: StoredContent | None = None
    """The content of a scheduled email, as its first request stored it."""
    erased: frozenset[str] = frozenset()
    """Recipients of this request that were erased: they get nothing more."""
    kept: KeptContent | None = None
    """Where the message is kept. `settle` and `release` store it, so that it takes no write."""
    template_version: str | None = None
    """The version of the template that SES was called with: `settle` and `release` store it."""


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as the store keeps it."""

    fingerprint: str
    results: Results
    created_at: datetime
    attempt: int = 0
    lease_until: int = 0
    """Epoch seconds; 0 without a lease. It stays from a claim until the unit is settled or
    released, even after the lease ended."""
    is_settled: bool = False
    is_canceled: bool = False
    send_at: datetime | None = None
    generation: int = 0
    """Counts the times to send: 1 for the first, and one more for each move."""
    expires_at: datetime | None = None
    content: StoredContent | None = None
    recipient_count: int = 0
    stream: Stream = Stream.TRANSACTIONAL
    erased: tuple[str, ...] = ()
    """The pseudonyms of the recipients that were erased."""
    kept: KeptContent | None = None

    @property
    def is_waiting(self) -> bool:
        """True until a worker claims the unit, or it is canceled or rejected."""
        return self.attempt == 0 and not self.is_settled

    @property
    def is_scheduled(self) -> bool:
        """True for a waiting unit that has a time to send."""
        return self.is_waiting and self.send_at is not None

    @property
    def is_rejection(self) -> bool:
        """True for an invalid request: a corrected request may replace it."""
        return not self.fingerprint

    def to_claim(self, unit: SendUnit, status: ClaimStatus) -> Claim:
        """Return the response to a claim of this unit."""
        return Claim(
            unit,
            status,
            self.results,
            self.attempt,
            self.lease_until,
            self.send_at,
            self.generation,
            self.expires_at,
            self.content,
            kept=self.kept,
        )


def epoch_seconds(moment: datetime | None) -> int:
    """Return when a lease ends; 0 without a lease."""
    return int(moment.timestamp()) if moment else 0


def claim_conflict(state: UnitState, fingerprint: str, now: float) -> ClaimStatus | None:
    """Return why the unit cannot be claimed at `now` (epoch seconds); None when it can."""
    if state.fingerprint != fingerprint:
        return ClaimStatus.CONFLICT
    if state.is_settled:
        return ClaimStatus.SETTLED
    if state.lease_until > now:
        return ClaimStatus.BUSY
    is_early = state.send_at is not None and state.send_at.timestamp() > now
    return ClaimStatus.SCHEDULED if is_early else None


def queued(addresses: Iterable[str], record: EmailRecord) -> dict[str, RecipientStatus]:
    """Return the results of a unit that no worker has sent yet."""
    is_scheduled = record.send_at is not None and record.send_at > record.created_at
    state = SendState.SCHEDULED if is_scheduled else SendState.QUEUED
    return {address: RecipientStatus(address, state) for address in addresses}


def canceled(results: Results) -> dict[str, RecipientStatus]:
    """Return the results of a unit that is stopped before a worker began to send it."""
    return {address: RecipientStatus(address, SendState.CANCELED) for address in results}


def rejected(addresses: Iterable[str]) -> dict[str, RecipientStatus]:
    """Return the results of an invalid request."""
    return {address: RecipientStatus(address, SendState.REJECTED) for address in addresses}


def mark_accepted_from_events(state: UnitState, recipients: Iterable[RecipientRecord]) -> UnitState:
    """Count the recipients of SES's events as accepted: SES reports only mail that it accepted.

    A recipient record older than the unit belongs to an earlier email with the same id.
    """
    accepted = {
        recipient.address: RecipientStatus(
            recipient.address, SendState.ACCEPTED, recipient.message_id
        )
        for recipient in recipients
        if recipient.is_reported
        and recipient.address in state.results
        and state.results[recipient.address].state is not SendState.ACCEPTED
        and recipient.at >= state.created_at - CLOCK_SKEW
    }
    return replace(state, results={**state.results, **accepted})


def count_results(unit: SendUnit, results: Results, copies: Collection[str]) -> Counter[str]:
    """Return the numbers by state that a chunk adds to the counts of its email.

    A queued recipient adds nothing: it is counted as the rest of all recipients. The copies (cc,
    bcc) are recipients of each chunk, and are counted with the first.
    """
    return Counter(
        status.state.value
        for address, status in results.items()
        if status.state is not SendState.QUEUED and (unit.chunk == 1 or address not in copies)
    )


def failed_recipients(record: EmailRecord, results: Results) -> list[RecipientRecord]:
    """Return the recipients of a large email to whom nothing was sent, and nothing will be."""
    return [
        RecipientRecord(
            email_id=record.email_id,
            address=status.address,
            state=EmailState(status.state.value),
            at=record.created_at,
            message_id=status.message_id,
            error_code=status.error_code,
            error_message=status.error_message,
            is_reported=False,
        )
        for status in results.values()
        if status.state not in {*OPEN_STATES, SendState.ACCEPTED}
    ]
