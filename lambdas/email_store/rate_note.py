"""RateNote: what the workers of the two streams tell each other about the sending rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["RateNote", "RateNotes"]


@dataclass(frozen=True, slots=True)
class RateNote:
    """The note of a stage, as a worker reads it. A new stage has an empty note."""

    transactional_count: int = 0
    """Recipients of transactional mail, a counter that only grows.

    Workers add to it only while bulk mail flows, and about when they send."""
    bulk_since: float = 0.0
    bulk_until: float = 0.0
    """From when until when bulk mail flows, or may flow: epoch seconds."""

    def has_bulk(self, now: float) -> bool:
        """Return whether bulk mail flows. `now` is in epoch seconds."""
        return self.bulk_since <= now < self.bulk_until


class RateNotes(Protocol):
    """Reads and writes the note of a stage. Whoever sends reads it with the suppression list."""

    def suppressed_and_note(self, addresses: Collection[str]) -> tuple[set[str], RateNote]:
        """Return those of the addresses that are suppressed, and the rate note. One read."""
        ...

    def count_transactional(self, recipients: int) -> None:
        """Add to the count of transactional recipients. One write; a retry may count twice.

        Raises:
            StoreError: the note may not be written.
        """
        ...

    def mark_bulk(self, since: float, until: float) -> None:
        """Note that bulk mail flows, in epoch seconds. One write.

        Raises:
            StoreError: the note may not be written.
        """
        ...
