"""Takes erased people out of events: the service neither stores nor publishes what is theirs."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from email_store.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amsdal_mail.tracking import Details, TrackingEvent
    from email_store.records import ErasedAddress, KnownEvents

__all__ = ["Sorted", "sort_erased"]


class Sorted(NamedTuple):
    """The events of a notification, for two kinds of people."""

    of_others: Sequence[TrackingEvent]
    """Without a mention of an erased address."""
    of_erased: Sequence[tuple[TrackingEvent, ErasedAddress]]
    """Of mail that was sent to a person before the person was erased."""


def sort_erased(events: Sequence[TrackingEvent], known: KnownEvents) -> Sorted:
    """Sort out the events of erased people, and clean those of others."""
    people = [Person(address) for address in known.erased]
    of_others, of_erased = [], []
    for event in events:
        erased = known.erased.get(event.recipient or "")
        if erased is not None and (event.sent_at or event.at) <= erased.until:
            of_erased.append((event, erased))
        else:
            named = [each for each in people if not each.has_address(event.recipient or "")]
            of_others.append(_without(event, named))
    return Sorted(of_others, of_erased)


def _without(event: TrackingEvent, people: Sequence[Person]) -> TrackingEvent:
    for person in people:
        raw = {} if person.is_named_by(event.raw) else event.raw
        details = event.details and _without_texts(event.details, person)
        event = replace(event, raw=raw, details=details)
    return event


def _without_texts(details: Details, person: Person) -> Details:
    values = {field.name: getattr(details, field.name) for field in fields(details)}
    changes: dict[str, Any] = {
        name: person.without(value) for name, value in values.items() if person.is_named_by(value)
    }
    return replace(details, **changes)
