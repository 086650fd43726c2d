"""The search for emails, newest first: the query, the pages, and the bounds of one call.

A source reads the entries of an index, in an order that never changes. A page ends at one of its
entries, so that the next page goes on there, whatever was sent meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from email_store.claims import CLOCK_SKEW
from email_store.search_rows import EmailRow, Found, build_row

if TYPE_CHECKING:
    from email_store.claims import UnitState
    from email_store.records import EmailRecord, Suppression
    from email_store.states import EmailState

__all__ = [
    "EXTERNAL",
    "EmailPage",
    "EmailQuery",
    "Entry",
    "Position",
    "PositionError",
    "Source",
    "Stretch",
    "SuppressionPage",
    "Window",
    "find_page",
]

INDEX_QUERIES = 100
"""Queries of the index in one call. An hour without email is one, and takes some 5 ms."""
ENTRIES = 500
"""Entries of the index that one call looks at, for a filter that few emails match."""
KEYS = 1_000
"""Items with the states of recipients that one call reads. A plain email has up to 99."""
BATCH = 100
"""Entries of one query, and emails that one call to DynamoDB gets."""
COUNTS_KEYS = 40
"""Items that one large email needs: its counts, and a few of its recipients."""
EXTERNAL_KEYS = 10
"""What one email from outside the service counts for: its recipients are a query."""
LONGEST_SCHEDULE = timedelta(days=366)
"""An email that is sent later is kept longer by this time, and is found by its request."""
SEEN = 20
"""Emails from outside that a position remembers: as many would have to come in one millisecond."""
EXTERNAL = "RECIPIENT#"
"""How the sort keys begin of entries that stand for mail from outside this service."""


class PositionError(ValueError):
    """The position is not one of this query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailQuery:
    """What an email must match. None matches all.

    With a `recipient`, the state is that of the recipient.
    """

    recipient: str | None = None
    """A bare address. Letter case is ignored."""
    since: datetime | None = None
    """The first moment of the request."""
    until: datetime | None = None
    """The first moment after the window."""
    state: EmailState | None = None
    tag: str | None = None
    template_id: str | None = None
    stream: str | None = None

    @property
    def has_filter(self) -> bool:
        """Whether emails of the window may not match."""
        return any((self.state, self.tag, self.template_id, self.stream))

    def matches(self, record: EmailRecord | None) -> bool:
        """Return whether the record may match. None is mail from outside this service."""
        if record is None:
            return not (self.tag or self.template_id or self.stream)
        return (
            (self.tag is None or self.tag in record.tags)
            and (self.template_id is None or self.template_id == record.template_id)
            and (self.stream is None or self.stream == record.stream)
        )

    def matches_state(self, row: EmailRow) -> bool:
        """Return whether the row has the state."""
        state = row.recipient.state if row.recipient else row.state
        return self.state is None or self.state is state


class Position(NamedTuple):
    """A place in the order of an index: after an entry, or before a moment."""

    at: datetime
    partition: str = ""
    """The partition key of the entry; empty for a moment."""
    sort_key: str = ""
    seen: tuple[str, ...] = ()
    """Emails from outside that came at this moment, and were already looked at."""


class Entry(NamedTuple):
    """An entry of an index, which stands for an email or for one recipient of it."""

    at: datetime
    email_id: str
    partition: str
    sort_key: str

    @property
    def is_external(self) -> bool:
        """Whether it stands for mail from outside this service."""
        return self.sort_key.startswith(EXTERNAL)


class Stretch(NamedTuple):
    """The entries of one query, newest first, and where the next one begins."""

    entries: Sequence[Entry]
    next_position: Position | None
    """None at the end of the window."""


class Window(NamedTuple):
    """The moments from `earliest` on, before `latest`."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class EmailPage:
    """A page of emails. It may be empty and have a next one: the work of a call is bounded."""

    rows: Sequence[EmailRow]
    positions: Sequence[Position]
    """Where a page would go on that ended with the row."""
    next_position: Position | None
    searched: Window
    """What this call looked at."""

    def first(self, count: int) -> EmailPage:
        """Return a page of the first rows only."""
        if count >= len(self.rows):
            return self
        end = self.positions[count - 1]
        return EmailPage(
            self.rows[:count],
            self.positions[:count],
            end,
            Window(end.at, self.searched.latest),
        )


@dataclass(frozen=True, slots=True)
class SuppressionPage:
    """A page of the suppression list, newest first."""

    entries: Sequence[Suppression]
    next_position: Position | None


class Source(Protocol):
    """What a store reads for the search."""

    retention: timedelta
    """How long an email is kept."""

    def entries(
        self, address: str | None, window: Window, position: Position, count: int
    ) -> Stretch:
        """Return the next entries of an address, or of all emails. One query."""
        ...

    def emails(self, email_ids: Sequence[str]) -> Mapping[str, tuple[EmailRecord, UnitState]]:
        """Return those emails that have a record."""
        ...

    def complete(self, emails: Sequence[Found], address: str | None) -> Sequence[Found]:
        """Return the emails with the states of their recipients, in the same order.

        Of a large email, only the first recipients are needed, and that with the address.
        """
        ...


def find_page(
    source: Source,
    query: EmailQuery,
    *,
    now: datetime,
    limit: int,
    position: Position | None = None,
) -> EmailPage:
    """Return the next emails that match.

    Raises:
        PositionError: the position is outside of the window of the query.
    """
    window = _window(source, query, now)
    start = position or Position(window.latest)
    if start.at > window.latest or (start.partition and start.at == window.latest):
        raise PositionError
    call = _Call(source, query, window, limit)
    is_over = window.earliest >= window.latest or start.at < window.earliest
    end = None if is_over else call.run(start)
    latest = position.at if position else (query.until or now)
    earliest = min(end.at if end else window.earliest, latest)
    return EmailPage(call.rows, call.positions, end, Window(earliest, latest))


def _window(source: Source, query: EmailQuery, now: datetime) -> Window:
    latest = now + CLOCK_SKEW
    if query.until is not None:
        latest = min(latest, query.until)
    oldest = now - source.retention - LONGEST_SCHEDULE
    since = query.since
    if since is None and query.recipient is None:
        since = latest - source.retention
    return Window(max(since, oldest) if since else oldest, latest)


class _Call:
    """One call of the search: its rows so far, and what it may still read."""

    def __init__(self, source: Source, query: EmailQuery, window: Window, limit: int) -> None:
        self.rows: list[EmailRow] = []
        self.positions: list[Position] = []
        self._source, self._query, self._window, self._limit = source, query, window, limit
        self._keys = KEYS

    def run(self, start: Position) -> Position | None:
        """Read until the page is full, the window ends or the bounds are reached."""
        position, entries = start, ENTRIES
        for _ in range(INDEX_QUERIES):
            count = BATCH if self._query.has_filter else self._limit - len(self.rows)
            stretch = self._source.entries(
                self._query.recipient, self._window, position, min(count, entries, BATCH)
            )
            end = self._take(stretch.entries, position)
            if end is None:
                end = position
            elif (end.partition, end.sort_key) != stretch.entries[-1][2:]:
                return end
            entries -= len(stretch.entries)
            if stretch.next_position is None:
                return None
            is_same_time = stretch.next_position.at == end.at
            position = stretch.next_position._replace(seen=end.seen if is_same_time else ())
            if len(self.rows) == self._limit or entries <= 0:
                break
        return position

    def _take(self, entries: Sequence[Entry], start: Position) -> Position | None:
        """Add the rows of the entries. Return the position after the last one, if there is one."""
        candidates = self._candidates(entries, start)
        affordable = self._affordable(candidates)
        completed = self._source.complete([email for _, email in affordable], self._query.recipient)
        emails = dict(zip((entry for entry, _ in affordable), completed, strict=True))
        postponed = {entry for entry, _ in candidates[len(affordable) :]}
        end = start if entries else None
        for entry in entries:
            if entry in postponed or len(self.rows) == self._limit:
                break
            end = _after(entry, end or start)
            if entry in emails and emails[entry].exists:
                row = build_row(emails[entry], self._query.recipient)
                if self._query.matches_state(row):
                    self.rows.append(row)
                    self.positions.append(end)
        return end

    def _candidates(self, entries: Sequence[Entry], start: Position) -> list[tuple[Entry, Found]]:
        """Return the entries that stand for an email that may match, each email once."""
        stored = self._source.emails(list(dict.fromkeys(entry.email_id for entry in entries)))
        candidates = []
        seen = {(start.at, email_id) for email_id in start.seen}
        for entry in entries:
            record, unit = stored.get(entry.email_id, (None, None))
            if entry.is_external:
                is_wanted = record is None and (entry.at, entry.email_id) not in seen
                seen.add((entry.at, entry.email_id))
            else:
                # The entry of an earlier email with the same id has another time.
                is_wanted = record is not None and record.created_at == entry.at
            if is_wanted and self._query.matches(record):
                units = (unit,) if unit else ()
                candidates.append((entry, Found(entry.email_id, record, units)))
        return candidates

    def _affordable(self, candidates: list[tuple[Entry, Found]]) -> list[tuple[Entry, Found]]:
        """Return the first candidates whose items this call may still read."""
        for number, (_, email) in enumerate(candidates):
            keys = _keys_of(email)
            if keys > self._keys:
                return candidates[:number]
            self._keys -= keys
        return candidates


def _after(entry: Entry, end: Position) -> Position:
    """Return the position after an entry, which comes after another position."""
    seen = end.seen if end.at == entry.at else ()
    if entry.is_external and entry.email_id not in seen:
        seen = (*seen, entry.email_id)[-SEEN:]
    return Position(entry.at, entry.partition, entry.sort_key, seen)


def _keys_of(email: Found) -> int:
    if email.record is None:
        return EXTERNAL_KEYS
    return COUNTS_KEYS if email.record.chunk_count else len(email.units[0].results)
