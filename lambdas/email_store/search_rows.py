"""The rows of the search: one email each, without its timeline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from email_store.address_hashes import is_pseudonym
from email_store.view import build_large_view, build_view

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.claims import UnitState
    from email_store.records import EmailRecord, RecipientRecord
    from email_store.states import EmailState
    from email_store.view import RecipientView

__all__ = ["ROW_RECIPIENTS", "EmailRow", "Found", "build_row"]

ROW_RECIPIENTS = 3
"""The number of addresses in a row."""


@dataclass(frozen=True, slots=True)
class Found:
    """The stored records of one email."""

    email_id: str
    record: EmailRecord | None
    """None for mail from outside this service."""
    units: tuple[UnitState, ...] = ()
    recipients: tuple[RecipientRecord, ...] = ()
    kept: Mapping[str, int] | None = None
    """The kept counts of a large email; None where its units are counted."""

    @property
    def exists(self) -> bool:
        """Whether it is still stored: it may have been deleted meanwhile."""
        return self.record is not None or bool(self.recipients)


@dataclass(frozen=True, slots=True)
class EmailRow:
    """An email with the state of all its recipients together, and of one of them."""

    email_id: str
    record: EmailRecord | None
    created_at: datetime
    state: EmailState
    counts: Mapping[EmailState, int]
    recipient_count: int
    addresses: tuple[str, ...]
    """The first addresses that are known."""
    recipient: RecipientView | None
    """The recipient that was searched for, with its state."""


def build_row(found: Found, address: str | None) -> EmailRow:
    """Return the row of an email. `address` is that of the recipient that was searched for."""
    record, merged = found.record, _merged(found)
    if record is not None and found.kept is not None:
        view = build_large_view(record, found.kept, (), (), {})
    else:
        view = build_view(found.email_id, record, found.units, found.recipients, ())
    wanted = (each for each in merged if address and each.address.lower() == address.lower())
    addresses = (each.address for each in merged if not is_pseudonym(each.address))
    created_at = record.created_at if record else min(each.at for each in found.recipients)
    return EmailRow(
        found.email_id,
        record,
        created_at,
        view.state,
        view.counts,
        record.recipient_count if record else len(merged),
        tuple(islice(addresses, ROW_RECIPIENTS)),
        next(wanted, None),
    )


def _merged(found: Found) -> tuple[RecipientView, ...]:
    """Return the known recipients of an email, also those of a large one without an event."""
    record = found.record and replace(found.record, chunk_count=0, recipient_count=0)
    return build_view(found.email_id, record, found.units, found.recipients, ()).recipients
