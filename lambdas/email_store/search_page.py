"""One call of the search: it reads until its page is full, or a bound is reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from email_store.claims import CLOCK_SKEW
from email_store.search import (
    EmailPage,
    EmailQuery,
    Entry,
    Position,
    PositionError,
    Source,
    Window,
)
from email_store.search_rows import EmailRow, Found, build_row

__all__ = ["BATCH", "ENTRIES", "INDEX_QUERIES", "KEYS", "find_page"]

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
