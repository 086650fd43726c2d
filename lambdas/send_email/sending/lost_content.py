"""Ends an email whose content is not in the bucket any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import ClaimStatus
from email_store.records import EmailRecord
from send_email.sending.errors import QueueError
from send_email.sending.job import SendOutcome
from send_email.sending.recipients import is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from email_store.claims import SendUnit
    from send_email.sending.service import SendService

__all__ = ["CONTENT_MISSING", "reject_lost"]

CONTENT_MISSING = "ContentMissing"
"""The error code of its recipients."""
TEXT = "the content of the email is not in the bucket of the service any more"


def reject_lost(
    service: SendService, unit: SendUnit, fingerprint: str, addresses: Sequence[str] = ()
) -> SendOutcome:
    """Reject the open recipients of the unit, unless it is done.

    `addresses` are the recipients of a unit that no worker has claimed yet.

    It is done when SQS delivers a message of the queue twice: the content is deleted with it.

    Raises:
        QueueError: another worker has the unit, and may still have the content.
    """
    now = service.clock()
    record = EmailRecord(email_id=unit.email_id, fingerprint=fingerprint, created_at=now)
    lease_seconds = service.timeouts.lost_response
    claim = service.store.claim(record, unit, addresses, now=now, lease_seconds=lease_seconds)
    if claim.status is ClaimStatus.BUSY:
        raise QueueError("the content is missing, and another worker has the email")
    if claim.status is not ClaimStatus.CLAIMED:
        return SendOutcome.from_claim(claim)
    results = {
        address: _rejected(address) if is_open(status) else status
        for address, status in claim.results.items()
    }
    service.store.settle(claim, results)
    return SendOutcome(email_id=unit.email_id, claim=claim.status, results=results)


def _rejected(address: str) -> RecipientStatus:
    return RecipientStatus(
        address, SendState.REJECTED, error_code=CONTENT_MISSING, error_message=TEXT
    )
