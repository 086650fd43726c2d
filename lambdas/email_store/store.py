"""EmailStore: what the functions ask of the table, whichever way it is kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from email_store.claims import Claim, Results, SendUnit
from email_store.records import (
    EmailRecord,
    EventRecord,
    KnownEvents,
    RecipientRecord,
    Suppression,
)
from email_store.view import EmailView

__all__ = ["EmailStore", "RecordTooLargeError", "StoreError"]


class StoreError(Exception):
    """The table refused a call or could not be reached; the cause says why. Try again later."""


class RecordTooLargeError(StoreError):
    """The record has more than the table can hold of one item: trying again cannot help."""


class EmailStore(Protocol):
    """Thread-safe. A lost conditional write is an answer, never an error.

    Every `now` is an aware datetime. Records are kept for the retention the store was made with,
    counted from `now`; suppressions stay until they are taken back.
    """

    # The send function's side: the email and its parts.

    def claim(
        self,
        record: EmailRecord,
        part: SendUnit,
        addresses: Collection[str],
        *,
        now: datetime,
        lease_seconds: int,
    ) -> Claim:
        """Take the lease of a part, making the record if the email is new. One write.

        `addresses` are the recipients of the part: those of one call, some 50. When the part was
        claimed before, whoever SES's events have shown since counts as accepted: a crash between
        SES's answer and our write sends nothing twice.
        """
        ...

    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        """Note an email that is about to be put on the queue; takes no lease. One write.

        The outcome CLAIMED says: put it on the queue. It is so again for the same request until
        somebody claims or settles the email, since the queue may never have got it.
        """
        ...

    def settle(self, claim: Claim, results: Results) -> bool:
        """Note the final answers of a part and give the lease back. One write.

        False when a later claim holds the lease: then nothing is written.
        """
        ...

    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        """Note the answers so far and give the lease back: somebody will claim the part again.

        With `held_until` nobody can before then: where an answer was lost, sending again before
        SES's events have told of it could send twice. One write. False when a later claim holds
        the lease: then nothing is written.
        """
        ...

    def reject(self, record: EmailRecord) -> bool:
        """Keep a request that broke rules (`record.errors`; no fingerprint), for people to see.

        The mended request with the same id takes its place. False, and nothing written, when the
        id is an email's.
        """
        ...

    def suppressed(self, addresses: Collection[str]) -> set[str]:
        """Tell which of these addresses are on the suppression list."""
        ...

    # The tracking function's side: what happened afterwards. The record may not exist yet.

    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        """Tell which of these events of an email are in its timeline, and what is kept of it.

        One consistent read.
        """
        ...

    def add_event(self, event: EventRecord, *, now: datetime) -> bool:
        """Add an event to the timeline of its email; False if it is there already."""
        ...

    def advance_recipient(self, recipient: RecipientRecord, *, now: datetime) -> bool:
        """Note a recipient's state; False (nothing changes) unless it outranks the one known."""
        ...

    def suppress(self, suppression: Suppression) -> None:
        """Put an address on the suppression list, or renew its reason. One write.

        A complaint takes a bounce's place, never the other way round, whichever comes first.
        """
        ...

    # For people.

    def suppression(self, address: str) -> Suppression | None:
        """Read the entry of an address on the suppression list; None when it is not there."""
        ...

    def unsuppress(self, address: str) -> bool:
        """Take an address off the suppression list; False when it was not there."""
        ...

    def load(self, email_id: str) -> EmailView | None:
        """Read what is known of an email, of its events the newest 1,000; None when nothing is."""
        ...
