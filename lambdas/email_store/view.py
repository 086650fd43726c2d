"""EmailView: everything known of one email, the send results and the events merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from amsdal_mail.status import RecipientStatus
from email_store.claims import CLOCK_SKEW, UnitState
from email_store.records import EmailRecord, EventRecord, RecipientRecord
from email_store.states import EmailState, summary_state

__all__ = ["TIMELINE_LIMIT", "EmailView", "RecipientView", "view"]

EVER = datetime.min.replace(tzinfo=UTC)
TIMELINE_LIMIT = 1000
"""The newest events that a view holds: an email to thousands has tens of thousands of them."""


@dataclass(frozen=True, slots=True)
class RecipientView:
    """What became of the email for one recipient."""

    address: str
    state: EmailState
    message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class EmailView:
    """One email: what it is, what became of it for each recipient, and its newest events in time.

    `record` is None when only SES's events are known. `counts` includes the recipients of chunks
    that nobody has begun to send: they are queued, and not yet among `recipients`.
    """

    email_id: str
    record: EmailRecord | None
    recipients: tuple[RecipientView, ...]
    timeline: tuple[EventRecord, ...]
    counts: Mapping[EmailState, int]
    state: EmailState


def view(
    email_id: str,
    record: EmailRecord | None,
    parts: Iterable[UnitState],
    recipients: Iterable[RecipientRecord],
    events: Iterable[EventRecord],
) -> EmailView:
    """Put the pieces together. The email's state is its recipients' that most needs attention.

    Chunks and recipients older than the record are of an earlier email that had the same id.
    """
    since = record.created_at - CLOCK_SKEW if record else EVER
    merged: dict[str, RecipientView] = {}
    for part in (one for one in parts if one.created_at >= since):
        for status in part.results.values():
            _keep_stronger(merged, _from_result(status, is_leased=part.is_leased))
    for recipient in (one for one in recipients if one.at >= since):
        _keep_stronger(merged, _from_events(recipient))
    counts = Counter(one.state for one in merged.values())
    if record is not None and record.recipient_count > len(merged):
        counts[EmailState.QUEUED] += record.recipient_count - len(merged)
    return EmailView(
        email_id,
        record,
        tuple(merged.values()),
        tuple(sorted(events, key=lambda event: (event.at, event.event_id))[-TIMELINE_LIMIT:]),
        counts,
        _state(record, counts),
    )


def _state(record: EmailRecord | None, counts: Mapping[EmailState, int]) -> EmailState:
    if record is not None and record.errors:
        return EmailState.REJECTED
    return summary_state(counts) or EmailState.UNKNOWN


def _keep_stronger(merged: dict[str, RecipientView], found: RecipientView) -> None:
    known = merged.get(found.address)
    if known is None or found.state.rank > known.state.rank:
        merged[found.address] = found


def _from_result(status: RecipientStatus, *, is_leased: bool) -> RecipientView:
    state = EmailState(status.state.value)
    if is_leased and state is EmailState.QUEUED:
        state = EmailState.SENDING
    return RecipientView(
        status.address, state, status.message_id, status.error_code, status.error_message
    )


def _from_events(recipient: RecipientRecord) -> RecipientView:
    return RecipientView(
        recipient.address,
        recipient.state,
        recipient.message_id,
        recipient.error_code,
        recipient.error_message,
    )
