"""What the tests of the search store and ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import Claim, SendUnit
from email_store.records import EmailRecord
from email_store.search import EmailPage, EmailQuery, Position
from email_store.search_rows import EmailRow
from email_store.store import EmailStore

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
ANNA, BEN, CARL = "anna@example.com", "ben@example.com", "carl@example.com"
ANY = EmailQuery()


def record(email_id: str, *addresses: str, at: datetime = NOW, **fields: Any) -> EmailRecord:
    return EmailRecord(
        email_id=email_id,
        fingerprint="f",
        created_at=at,
        from_email="shop@example.com",
        recipient_count=len(addresses),
        **fields,
    )


def send(
    store: EmailStore,
    email_id: str,
    *addresses: str,
    at: datetime = NOW,
    state: SendState = SendState.ACCEPTED,
    **fields: Any,
) -> Claim:
    """Claim an email and settle it with one state for all of its recipients."""
    email = record(email_id, *addresses, at=at, **fields)
    claim = store.claim(email, SendUnit(email_id), addresses, now=at, lease_seconds=90)
    assert store.settle(claim, results(state, *addresses))
    return claim


def send_chunk(
    store: EmailStore, email: EmailRecord, number: int, *addresses: str, at: datetime = NOW
) -> None:
    """Claim a chunk of a large email and settle it."""
    unit, later = SendUnit(email.email_id, number), replace(email, created_at=at, chunk_count=0)
    claim = store.claim(later, unit, addresses, now=at, lease_seconds=90)
    assert store.settle(claim, results(SendState.ACCEPTED, *addresses))


def results(state: SendState, *addresses: str) -> dict[str, RecipientStatus]:
    return {
        address: RecipientStatus(address, state, f"ses-{address}" if state == "accepted" else None)
        for address in addresses
    }


def pages(
    store: EmailStore, query: EmailQuery = ANY, *, limit: int = 50, now: datetime | None = None
) -> list[EmailPage]:
    """All pages of a query, the bounds of each checked."""
    found: list[EmailPage] = []
    position: Position | None = None
    while not found or position is not None:
        page = store.find_emails(
            query, now=now or NOW + timedelta(hours=1), limit=limit, position=position
        )
        assert len(page.rows) == len(page.positions) <= limit
        assert page.next_position is None or page.next_position != position
        found.append(page)
        position = page.next_position
    return found


def rows(
    store: EmailStore, query: EmailQuery = ANY, *, limit: int = 50, now: datetime | None = None
) -> list[EmailRow]:
    return [row for page in pages(store, query, limit=limit, now=now) for row in page.rows]


def ids(
    store: EmailStore, query: EmailQuery = ANY, *, limit: int = 50, now: datetime | None = None
) -> list[str]:
    return [row.email_id for row in rows(store, query, limit=limit, now=now)]


def to(address: str, **filters: Any) -> EmailQuery:
    return EmailQuery(recipient=address, **filters)
