"""Tells the event bus of recipients for whom an email came too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.status import SendState
from send_email.sending.notices import Notice, NoticeKind

if TYPE_CHECKING:
    from datetime import datetime

    from send_email.sending.job import SendJob, SendOutcome
    from send_email.sending.notices import NoticeBus

__all__ = ["publish_expired"]


def publish_expired(bus: NoticeBus, job: SendJob, outcome: SendOutcome, now: datetime) -> None:
    """Publish a notice of the expired recipients of an outcome, if there are any.

    Raises:
        QueueError: the bus did not take it. Publish it again.
    """
    count = outcome.counts[SendState.EXPIRED]
    if not count:
        return
    bus.publish(
        Notice(
            kind=NoticeKind.EXPIRED,
            email_id=job.email_id,
            at=now,
            recipient_count=count,
            chunk=job.chunk,
            send_at=job.timing.send_at,
            expires_at=job.timing.expires_at,
        )
    )
