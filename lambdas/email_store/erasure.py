"""Erasure: what becomes of the records of an email when one of its recipients is erased. Pure.

A pseudonym takes the place of the address, so that the states and the counts of the email stay
right, and nobody is sent to again. The list of the pseudonyms of an email is what later results
and events are compared with: they do not bring the address back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RetryHint, SendState
from amsdal_mail.tracking.addresses import bare_address
from email_store.claims import OPEN_STATES
from email_store.records import ErasedAddress

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from amsdal_mail.status import RecipientStatus
    from email_store.claims import Claim, Results, UnitState
    from email_store.person import Person
    from email_store.records import EmailRecord, EventRecord

__all__ = [
    "WRITERS_SECONDS",
    "Erasure",
    "Forget",
    "ToForget",
    "erase_record",
    "erase_results",
    "erased_by_record",
    "hide",
    "is_final",
    "is_only_recipient",
    "named_addresses",
    "recognised",
    "show",
]

WRITERS_SECONDS = 40
"""Seconds for which a worker may still write what it decided before an erasure.

The function of the events runs for 30 seconds at most. After that time, a second look finds what
it wrote meanwhile."""
HIDDEN_FIELD = "(erased)"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)

Pseudonym = Callable[[str], str]
"""Returns what stands for an address in the records of one email."""


class ToForget(NamedTuple):
    """An email to the person, for those who keep something of it outside of the store."""

    email_id: str
    record: EmailRecord
    unit: UnitState
    is_only_recipient: bool
    """True when nobody else got the email."""


Forget = Callable[[ToForget], int]
"""Deletes what is kept of an email outside of the store, and returns how much that was.

It is called before the store erases its own records, and may be called again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What one call erased, and whether all is erased."""

    emails: int = 0
    """Emails whose records had the address."""
    recipients: int = 0
    """Recipients of these emails that a pseudonym replaced."""
    events: int = 0
    """Events that were deleted, or that lost their mention of the address."""
    contents: int = 0
    suppressions: int = 0
    """Entries of the suppression lists that do not have the address any more."""
    is_complete: bool = True
    """False when another call is needed: there is more, or a second look is due later."""
    waits_until: datetime | None = None
    """When the second look is due; None when another call may follow at once."""

    @classmethod
    def of(
        cls, counts: Mapping[str, int], waits_until: datetime | None, *, has_more: bool = False
    ) -> Erasure:
        """Return the erasure with these counts by name.

        Args:
            counts: the counts.
            waits_until: when the second look is due; None when it is done, or when there is more.
            has_more: whether another call erases more.
        """
        names = ("emails", "recipients", "events", "contents", "suppressions")
        emails, recipients, events, contents, suppressions = (counts.get(n, 0) for n in names)
        return cls(
            emails=emails,
            recipients=recipients,
            events=events,
            contents=contents,
            suppressions=suppressions,
            is_complete=waits_until is None and not has_more,
            waits_until=waits_until,
        )

    @property
    def has_erased(self) -> bool:
        """Whether this call erased anything."""
        return any((self.emails, self.recipients, self.events, self.contents, self.suppressions))

    def with_suppressions(self, more: int) -> Erasure:
        """Return the erasure with more entries of suppression lists."""
        return replace(self, suppressions=self.suppressions + more)


def erase_results(results: Results, person: Person, pseudonym: Pseudonym) -> Results:
    """Return the results without the address. Where nothing was sent, nothing will be.

    A text of SES about another recipient that names the address is left out.
    """
    return dict(
        (pseudonym(address), _erased(status, pseudonym(address)))
        if person.has_address(address)
        else (address, _without_mention(status, person))
        for address, status in results.items()
    )


def hide(results: Results, erased: Collection[str], pseudonym: Pseudonym) -> Results:
    """Return results as the store may keep them: erased recipients under their pseudonyms."""
    names = {address: pseudonym(address) for address in results}
    return dict(
        (names[address], _erased(status, names[address]))
        if names[address] in erased
        else (address, status)
        for address, status in results.items()
    )


def show(results: Results, addresses: Iterable[str], pseudonym: Pseudonym) -> Results:
    """Return results as their sender knows them: with the addresses of a request."""
    shown = dict(results)
    for address in addresses:
        status = shown.pop(pseudonym(address), None)
        if status is not None:
            shown[address] = replace(status, address=address)
    return shown


def recognised(
    claim: Claim, addresses: Collection[str], erased: Collection[str], pseudonym: Pseudonym
) -> Claim:
    """Return the claim of a request that names erased recipients, with their addresses."""
    again = frozenset(address for address in addresses if pseudonym(address) in erased)
    return replace(claim, results=show(claim.results, again, pseudonym), erased=again)


def is_final(results: Results) -> bool:
    """Return whether nobody is to be sent to any more."""
    return not any(map(_is_open, results.values()))


def named_addresses(events: Iterable[EventRecord]) -> list[str]:
    """Return the recipients of events, and all recipients of their messages."""
    names = [event.recipient for event in events if event.recipient]
    for event in events:
        mail = event.raw.get("mail")
        sent_to = mail.get("destination") if isinstance(mail, Mapping) else None
        if isinstance(sent_to, list):
            names += [bare_address(each) for each in sent_to if isinstance(each, str)]
    return list(dict.fromkeys(names))


def erased_by_record(
    erased: Collection[str], addresses: Iterable[str], pseudonym: Pseudonym
) -> dict[str, ErasedAddress]:
    """Return those of the addresses that are erased in an email."""
    names = {address: pseudonym(address) for address in addresses}
    return {
        address: ErasedAddress(name, END_OF_TIME)
        for address, name in names.items()
        if name in erased
    }


def is_only_recipient(results: Results, person: Person, pseudonyms: Collection[str]) -> bool:
    """Return whether all known recipients are the person, whether erased already or not."""
    return bool(results) and all(
        person.has_address(address) or address in pseudonyms for address in results
    )


def erase_record(
    record: EmailRecord, person: Person, pseudonym: Pseudonym, *, is_only: bool
) -> EmailRecord:
    """Return the record of an email without what is about the person.

    Of an email to the person alone, the words of its sender go. Those of an email to several
    people stay, but for texts with the address.
    """
    copies = tuple(pseudonym(copy) if person.has_address(copy) else copy for copy in record.copies)
    errors = tuple(
        FieldError(
            HIDDEN_FIELD if person.is_in_path(error.field) else error.field,
            HIDDEN_FIELD if person.is_named_in(error.rule) else error.rule,
        )
        for error in record.errors
    )
    hides_subject = is_only or person.is_named_in(record.subject)
    return replace(
        record,
        from_email="" if person.is_named_in(record.from_email) else record.from_email,
        subject="" if hides_subject else record.subject,
        tags=() if is_only else tuple(person.without(record.tags)),
        metadata={} if is_only else _texts(person.without(record.metadata)),
        copies=copies,
        errors=errors,
    )


def _texts(metadata: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value or "" for name, value in metadata.items()}


def _is_open(status: RecipientStatus) -> bool:
    return status.state in OPEN_STATES or status.retry is not RetryHint.NO


def _erased(status: RecipientStatus, pseudonym: str) -> RecipientStatus:
    state = SendState.CANCELED if _is_open(status) else status.state
    return replace(
        status,
        address=pseudonym,
        state=state,
        message_id=None,
        error_message=None,
        retry=RetryHint.NO,
    )


def _without_mention(status: RecipientStatus, person: Person) -> RecipientStatus:
    if status.error_message and person.is_named_in(status.error_message):
        return replace(status, error_message=None)
    return status
