"""EmailStore: the operations of the store, for any kind of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from email_store.rate_note import RateNote, RateNotes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from email_store.claims import Claim, Results, SendUnit, UnitState
    from email_store.erasure import Erasure, Forget
    from email_store.records import (
        EmailRecord,
        EventRecord,
        KnownEvents,
        RecipientRecord,
        Repeat,
        Suppression,
        TemplateVersion,
    )
    from email_store.search import EmailPage, EmailQuery, Position, SuppressionPage
    from email_store.view import EmailView

__all__ = ["EmailStore", "RecordTooLargeError", "StoreError", "SuppressionKeyError"]


class StoreError(Exception):
    """The table refused a call or could not be reached. The cause says why. Retry later."""


class RecordTooLargeError(StoreError):
    """The record is larger than an item of the table may be. A retry cannot help."""


class SuppressionKeyError(StoreError):
    """The suppression list was written with another key. Nobody may be sent to until that is so."""


class EmailStore(RateNotes, Protocol):
    """Thread-safe. A lost conditional write is a result, never an error.

    Every `now` is an aware datetime. Records are kept for the store's retention time, counted
    from `now`, and what belongs to an email as long as its record. Suppressions stay until they
    are removed.
    """

    # For the send function: the email and its units.

    def claim(
        self,
        record: EmailRecord,
        unit: SendUnit,
        addresses: Collection[str],
        *,
        now: datetime,
        lease_seconds: int,
    ) -> Claim:
        """Take the lease of a unit, and create the record if the email is new. One write.

        `addresses` are the recipients of the unit: those of one SES call, about 50. When the unit
        was claimed before, a recipient that SES's events have shown since counts as accepted. So a
        crash between SES's response and our write sends nothing twice.
        """
        ...

    def register(self, record: EmailRecord, addresses: Collection[str]) -> Claim:
        """Store an email that is about to be put on the queue. Takes no lease. One write.

        The status CLAIMED means: put it on the queue; SCHEDULED means: set its timer. The same
        request gets it again until a worker claims or settles the email, because the queue may
        never have got the message.
        """
        ...

    def settle(self, claim: Claim, results: Results) -> bool:
        """Store the final results of a unit and end the lease. One write, or one transaction.

        It stores `claim.kept` too, and so does `release`.

        Return False, and write nothing, when a later claim holds the lease.
        """
        ...

    def release(
        self, claim: Claim, results: Results, *, held_until: datetime | None = None
    ) -> bool:
        """Store the results so far and end the lease: the unit will be claimed again.

        One write, or one transaction. No claim is granted before `held_until`. After a lost
        response, a second send before SES's events have arrived could send twice. Return False,
        and write nothing, when a later claim holds the lease.
        """
        ...

    def note_kept(self, claim: Claim) -> bool:
        """Store where the message of an email is kept, before its unit is settled. One write.

        Return False, and write nothing, when the email does not exist any more, or one of
        its recipients was erased.
        """
        ...

    def reject(self, record: EmailRecord, addresses: Collection[str] = ()) -> bool:
        """Store an invalid request (`record.errors`, no fingerprint), so that people can find it.

        `addresses` are those of its recipients that can be read, about 50. A corrected request
        with the same id replaces it. Return False, and write nothing, when the id belongs to an
        email.
        """
        ...

    def find_unit(self, email_id: str) -> UnitState | None:
        """Return the unit of a whole email, or None when the id is unknown. One consistent read."""
        ...

    def move(self, email_id: str, found: UnitState, send_at: datetime, *, now: datetime) -> bool:
        """Give a scheduled email another time to send, and the next generation. One write.

        Return False, and write nothing, when the email is not as it was found: it was claimed,
        canceled or moved.
        """
        ...

    def cancel(self, email_id: str, found: UnitState) -> bool:
        """Settle an email as canceled. One write.

        Return False, and write nothing, when a worker has claimed the email, or it is settled.
        """
        ...

    def suppressed(self, addresses: Collection[str]) -> set[str]:
        """Return those of the addresses that are on the suppression list."""
        ...

    def suppressed_and_template(
        self, addresses: Collection[str], template_id: str, *, with_note: bool
    ) -> tuple[set[str], TemplateVersion | None, RateNote | None]:
        """Return those of the addresses that are suppressed, and the version of a template.

        One read, which brings the rate note too if it is asked for. The version is None for a
        template without versions.
        """
        ...

    # For the tracking function: what happened later. The record may not exist yet.

    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        """Return which of the events are in the email's timeline, and the email's record.

        One consistent read, and a second one without a record.
        """
        ...

    def count_repeat(
        self,
        email_id: str,
        repeat: Repeat,
        *,
        now: datetime,
        record: EmailRecord | None = None,
        is_by_machine: bool = False,
    ) -> bool:
        """Add one to the opens or clicks of a recipient. One write; a retry may count twice.

        `record` is that of the email, as `find_events` returns it. Return True once: for the
        first open, or click, that no machine made.
        """
        ...

    def add_event(
        self, event: EventRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        """Add an event to the timeline of its email. Return False if it is there already.

        `record` is that of the email, as `find_events` returns it: the event expires with it.
        """
        ...

    def advance_recipient(
        self, recipient: RecipientRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        """Store a recipient's state. Return False, and write nothing, unless its rank is higher.

        `record` is that of the email, as `find_events` returns it: the states of a large email
        are counted as they change.
        """
        ...

    def suppress(self, suppression: Suppression) -> None:
        """Put an address on the suppression list, or renew its reason. Two writes.

        A complaint replaces a bounce, never the other way round, in whichever order they come.
        """
        ...

    # For people.

    def suppression(self, address: str) -> Suppression | None:
        """Return the entry of an address on the suppression list, or None."""
        ...

    def list_suppressions(self, *, limit: int, after: Position | None = None) -> SuppressionPage:
        """Return a page of the suppression list, newest first. Two reads.

        `after` is the `next_position` of the page before.
        """
        ...

    def find_emails(
        self, query: EmailQuery, *, now: datetime, limit: int, position: Position | None = None
    ) -> EmailPage:
        """Return the next emails that match, newest first.

        `limit` is from 1 to 100. `position` is the `next_position` of the page before, of the same
        query. The work of a call is bounded, so a page may have fewer emails and a next page.

        Raises:
            PositionError: the position is outside of the window of the query.
        """
        ...

    def unsuppress(self, address: str) -> bool:
        """Remove an address from the suppression list. Return False when it was not there."""
        ...

    def erase(self, address: str, *, now: datetime, forget: Forget) -> Erasure:
        """Erase a part of what is stored about a person, and say whether all is erased.

        The work of a call is bounded. A call that was cut off is repeated. Late results and events
        do not bring the address back. Suppression stays, under the hash of the address.
        """
        ...

    def load(self, email_id: str, *, recipients_after: str = "") -> EmailView | None:
        """Return the email with its newest 1,000 events, or None when the id is unknown.

        A large email comes with 1,000 of its recipients, the first after the address
        `recipients_after`, in the order of addresses.
        """
        ...
