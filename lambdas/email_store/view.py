"""EmailView: one email as people see it, with send results and events merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from amsdal_mail.status import SendState
from email_store.claims import CLOCK_SKEW
from email_store.records import Repeat
from email_store.states import EmailState, summary_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amsdal_mail.status import RecipientStatus
    from email_store.claims import UnitState
    from email_store.records import EmailRecord, EventRecord, RecipientRecord

__all__ = [
    "RECIPIENTS_LIMIT",
    "TIMELINE_LIMIT",
    "EmailView",
    "Page",
    "RecipientView",
    "build_large_view",
    "build_view",
]

BEGINNING_OF_TIME = datetime.min.replace(tzinfo=UTC)
OPEN, CLICK = "open", "click"
NO_REPEATS: Mapping[Repeat, int] = {}
TIMELINE_LIMIT = 1000
"""The number of newest events in a view: an email to thousands has tens of thousands of events."""
RECIPIENTS_LIMIT = 1000
"""The number of a large email's recipients in a view."""
WITH_EVENTS_TO_COME = frozenset({EmailState.ACCEPTED, EmailState.UNKNOWN})
"""States of sending that the recipients of a large email are only counted in."""


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One recipient of the email, with its state."""

    address: str
    state: EmailState
    message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    opens: int = 0
    clicks: int = 0


@dataclass(frozen=True, slots=True)
class EmailView:
    """One email, the state of each recipient, and its newest events in order of time.

    `record` is None when only SES's events are known. `recipients` of a large email is a page of
    those with a final result or an event. All others are queued, and only counted.
    """

    email_id: str
    record: EmailRecord | None
    recipients: tuple[RecipientView, ...]
    timeline: tuple[EventRecord, ...]
    counts: Mapping[EmailState, int]
    state: EmailState
    opens: int = 0
    """The opens of all recipients. It includes opens that SES cannot attribute to a recipient."""
    clicks: int = 0
    recipients_next: str | None = None
    """The address after which the next page of recipients begins; None for the last page."""


class Page(NamedTuple):
    """The first recipients after an address, in the order of addresses."""

    recipients: Sequence[RecipientView]
    next_after: str | None
    """The address after which the next page begins; None for the last page."""

    @classmethod
    def of(cls, recipients: Sequence[RecipientView]) -> Page:
        """Return the page of these recipients: one more than fits shows that there is a next."""
        page = recipients[:RECIPIENTS_LIMIT]
        return cls(page, page[-1].address if len(recipients) > len(page) else None)


def build_view(
    email_id: str,
    record: EmailRecord | None,
    units: Iterable[UnitState],
    recipients: Iterable[RecipientRecord],
    events: Iterable[EventRecord],
    repeats: Mapping[Repeat, int] = NO_REPEATS,
) -> EmailView:
    """Merge the stored records. The state of the email is its recipients' most urgent state.

    Chunks and recipients older than the record belong to an earlier email with the same id.
    """
    since = record.created_at - CLOCK_SKEW if record else BEGINNING_OF_TIME
    is_large = record is not None and record.chunk_count > 0
    merged: dict[str, RecipientView] = {}
    for unit in units:
        for status in unit.results.values() if unit.created_at >= since else ():
            if not (is_large and status.state is SendState.QUEUED):
                _keep_stronger(merged, _from_result(status, is_leased=unit.lease_until > 0))
    reported = [recipient for recipient in recipients if recipient.at >= since]
    for recipient in reported:
        _keep_stronger(merged, _from_events(recipient))
    counts = Counter(recipient.state for recipient in merged.values())
    if record is not None and record.recipient_count > len(merged):
        counts[_state_of_rest(record)] += record.recipient_count - len(merged)
    unlisted = set(merged) - {recipient.address for recipient in reported} if is_large else set()
    return EmailView(
        email_id,
        record,
        tuple(
            _with_repeats(recipient, repeats)
            for recipient in merged.values()
            if recipient.address not in unlisted or recipient.state not in WITH_EVENTS_TO_COME
        ),
        _newest(events),
        counts,
        _state(record, counts),
        opens=sum(count for repeat, count in repeats.items() if repeat.kind == OPEN),
        clicks=sum(count for repeat, count in repeats.items() if repeat.kind == CLICK),
    )


def build_large_view(
    record: EmailRecord,
    kept: Mapping[str, int],
    recipients: Iterable[RecipientRecord],
    events: Iterable[EventRecord],
    repeats: Mapping[Repeat, int],
) -> EmailView:
    """Return the view of a large email by its kept counts, and one page of its recipients.

    `kept` has the number of recipients by state, and of opens and clicks by their kind. Of
    `recipients`, one more than a page shows that there is a next page.
    """
    counts = Counter({state: kept[state] for state in EmailState if kept.get(state)})
    if counts[EmailState.ACCEPTED] < 0:  # events of recipients whose result is not stored yet
        early = -counts.pop(EmailState.ACCEPTED)
        counts[EmailState.UNKNOWN] = max(0, counts[EmailState.UNKNOWN] - early)
    counts = +counts
    rest = record.recipient_count - counts.total()
    if rest > 0:
        counts[_state_of_rest(record)] = rest
    since = record.created_at - CLOCK_SKEW
    listed = list(recipients)
    page = Page.of([_with_repeats(_from_events(each), repeats) for each in listed])
    earlier = {each.address for each in listed if each.at < since}
    return EmailView(
        record.email_id,
        record,
        tuple(each for each in page.recipients if each.address not in earlier),
        _newest(events),
        counts,
        _state(record, counts),
        opens=kept.get(OPEN, 0),
        clicks=kept.get(CLICK, 0),
        recipients_next=page.next_after,
    )


def _newest(events: Iterable[EventRecord]) -> tuple[EventRecord, ...]:
    return tuple(sorted(events, key=lambda event: (event.at, event.event_id))[-TIMELINE_LIMIT:])


def _with_repeats(recipient: RecipientView, repeats: Mapping[Repeat, int]) -> RecipientView:
    opens = repeats.get(Repeat(OPEN, recipient.address), 0)
    clicks = repeats.get(Repeat(CLICK, recipient.address), 0)
    return replace(recipient, opens=opens, clicks=clicks) if opens or clicks else recipient


def _state(record: EmailRecord | None, counts: Mapping[EmailState, int]) -> EmailState:
    if record is not None and record.errors:
        return EmailState.REJECTED
    return summary_state(counts) or EmailState.UNKNOWN


def _state_of_rest(record: EmailRecord) -> EmailState:
    """Return the state of the recipients whose chunk no worker has claimed."""
    if record.is_canceled:
        return EmailState.CANCELED
    return EmailState.SCHEDULED if record.is_scheduled else EmailState.QUEUED


def _keep_stronger(merged: dict[str, RecipientView], recipient: RecipientView) -> None:
    present = merged.get(recipient.address)
    if present is None or recipient.state.rank > present.state.rank:
        merged[recipient.address] = recipient


def _from_result(status: RecipientStatus, *, is_leased: bool) -> RecipientView:
    state = EmailState(status.state.value)
    if is_leased and state in {EmailState.QUEUED, EmailState.SCHEDULED}:
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
