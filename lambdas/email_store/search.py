"""The search for emails, newest first: the query, its pages, and the source that it reads.

A source reads the entries of an index, in an order that never changes. A page ends at one of its
entries, so that the next page goes on there, whatever was sent meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from email_store.claims import UnitState
    from email_store.records import EmailRecord, Suppression
    from email_store.search_rows import EmailRow, Found
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
]

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
