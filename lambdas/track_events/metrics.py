"""What an event counts for in the metrics. Pure functions."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from amsdal_mail.tracking import Click, Delivery, EventKind, Open
from email_store.durations import bucket_name
from email_store.metrics import DIRECT, METRICS_DAYS, OTHER, Count, Series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amsdal_mail.tracking import TrackingEvent
    from email_store.records import EmailRecord

__all__ = ["is_by_machine", "measure"]

CLOCK_SKEW = timedelta(days=1)
DOMAIN_LIMIT = 253
"""Characters of a domain, whose 255 bytes hold the lengths of its parts too.

https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
"""
COUNTS = {
    EventKind.SEND: Count.ACCEPTED,
    EventKind.DELIVERY: Count.DELIVERED,
    EventKind.REJECT: Count.REJECTED,
    EventKind.RENDERING_FAILURE: Count.REJECTED,
    EventKind.OPEN: Count.OPENED,
    EventKind.CLICK: Count.CLICKED,
}
"""The kinds that always count for the same. Delays, subscriptions and unknown kinds have none."""


def measure(
    event: TrackingEvent, record: EmailRecord | None, now: datetime
) -> tuple[Series, Mapping[str, int]] | None:
    """Return what the event adds to which series; None when it does not count.

    `record` is that of the email. An event counts for the day on which SES accepted the message,
    so that the numbers of a day are about the same emails.
    """
    count, sent_at = _count(event), event.sent_at or event.at
    if count is None or not event.was_sent_to:
        return None
    if not now - timedelta(days=METRICS_DAYS) < sent_at < now + CLOCK_SKEW:
        return None
    is_sensitive = event.is_sensitive or (record is not None and record.is_sensitive)
    series = Series(
        day=sent_at.date(),
        stream=record.stream.value if record else DIRECT,
        template_id=record.template_id if record else None,
        tags=() if is_sensitive else tuple(record.tags if record else event.tags),
        domain=_domain(event.recipient) if count is Count.DELIVERED else None,
    )
    return series, Counter([count.value, *_durations(event)])


def is_by_machine(event: TrackingEvent) -> bool:
    """Return whether SES says that a machine opened or clicked."""
    return isinstance(event.details, Open | Click) and event.details.is_bot is True


def _count(event: TrackingEvent) -> Count | None:
    if event.kind is EventKind.BOUNCE:
        return Count.BOUNCED if event.is_permanent else Count.SOFT_BOUNCED
    if event.kind is EventKind.COMPLAINT:
        return Count.COMPLAINED if event.is_spam_report else None
    return COUNTS.get(event.kind)


def _domain(recipient: str | None) -> str | None:
    domain = (recipient or "").rpartition("@")[2].rstrip(".").lower()
    return OTHER if len(domain) > DOMAIN_LIMIT else domain or None


def _durations(event: TrackingEvent) -> list[str]:
    """Return the bucket of the time from acceptance to delivery."""
    if not isinstance(event.details, Delivery):
        return []
    milliseconds = event.details.processing_ms
    if milliseconds is None and event.sent_at is not None:
        milliseconds = (event.at - event.sent_at) // timedelta(milliseconds=1)
    return [] if milliseconds is None else [bucket_name(milliseconds)]
