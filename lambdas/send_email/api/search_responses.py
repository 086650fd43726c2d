"""The responses of lists. The OpenAPI schemas are made from these types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from amsdal_mail.stream import Stream
from email_store.search_rows import ROW_RECIPIENTS
from send_email.api.responses import HAS_CONTENT, SUBJECT, RecipientResponse, recipient_response
from send_email.api.truncate import take_within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from email_store.records import Suppression
    from email_store.search import EmailPage
    from email_store.search_rows import EmailRow
    from send_email.suppressions import SESSuppressionRow

__all__ = [
    "EmailListResponse",
    "SuppressionListResponse",
    "email_list",
    "fitting",
    "our_suppressions",
    "ses_suppressions",
]

LIST_SIZE = 5_000_000
"""Bytes of the emails of a page: a response of Lambda has 6 MB."""
ADDRESSES = f"The first {ROW_RECIPIENTS} addresses that are known."
NEXT = "The `cursor` of the next page, with the same filters; null on the last."
NEXT_OF_EMAILS = f"{NEXT} A page may have few emails, or none, and a next one."
RECIPIENT = "The recipient that was searched for; null without the filter `recipient`."
ADDRESS = "Null for a person who was erased."


class EmailRowResponse(TypedDict):
    """An email without its timeline."""

    email_id: str
    created_at: str
    from_email: str
    subject: Annotated[str, Field(description=SUBJECT)]
    template_id: str | None
    template_version: str | None
    tags: list[str]
    metadata: dict[str, str]
    stream: Stream
    sensitive: bool
    state: str
    counts: dict[str, int]
    recipient_count: int
    recipients: Annotated[list[str], Field(description=ADDRESSES)]
    recipient: Annotated[RecipientResponse | None, Field(description=RECIPIENT)]
    send_at: str | None
    resent_from: str | None
    has_content: Annotated[bool, Field(description=HAS_CONTENT)]


SearchedResponse = TypedDict("SearchedResponse", {"from": str, "to": str})
"""The window that was looked at: from the first time on, before the second."""


class EmailListResponse(TypedDict):
    """A page of emails, newest first."""

    emails: list[EmailRowResponse]
    next_cursor: Annotated[str | None, Field(description=NEXT_OF_EMAILS)]
    searched: SearchedResponse


class SuppressionRowResponse(TypedDict):
    """An entry of a suppression list."""

    address: Annotated[str | None, Field(description=ADDRESS)]
    reason: str
    at: str
    email_id: str | None


class SuppressionListResponse(TypedDict):
    """A page of a suppression list."""

    suppressions: list[SuppressionRowResponse]
    next_cursor: Annotated[str | None, Field(description=NEXT)]


def fitting(page: EmailPage, now: datetime) -> tuple[list[EmailRowResponse], EmailPage]:
    """Return the emails that a response has room for, at least one, and the page of them."""
    rows = (_row(row, now) for row in page.rows)
    emails = take_within(rows, len(page.rows), LIST_SIZE)
    if page.rows and not emails:
        emails = [_row(page.rows[0], now)]
    return emails, page.first(len(emails)) if emails else page


def email_list(
    emails: list[EmailRowResponse], page: EmailPage, next_cursor: str | None
) -> EmailListResponse:
    """Return the document for a page of emails."""
    earliest, latest = page.searched
    return EmailListResponse(
        emails=emails,
        next_cursor=next_cursor,
        searched={"from": earliest.isoformat(), "to": latest.isoformat()},
    )


def our_suppressions(
    entries: Sequence[Suppression], next_cursor: str | None
) -> SuppressionListResponse:
    """Return the document for a page of the service's list."""
    rows = [
        SuppressionRowResponse(
            address=entry.address or None,
            reason=entry.reason,
            at=entry.at.isoformat(),
            email_id=entry.email_id,
        )
        for entry in entries
    ]
    return SuppressionListResponse(suppressions=rows, next_cursor=next_cursor)


def ses_suppressions(
    entries: Sequence[SESSuppressionRow], next_cursor: str | None
) -> SuppressionListResponse:
    """Return the document for a page of SES's list. The reasons are spelled as in ours."""
    rows = [
        SuppressionRowResponse(
            address=entry.address,
            reason=entry.reason.lower(),
            at=entry.at.isoformat(),
            email_id=None,
        )
        for entry in entries
    ]
    return SuppressionListResponse(suppressions=rows, next_cursor=next_cursor)


def _row(row: EmailRow, now: datetime) -> EmailRowResponse:
    record = row.record
    send_at = record.send_at if record else None
    return EmailRowResponse(
        email_id=row.email_id,
        created_at=row.created_at.isoformat(),
        from_email=record.from_email if record else "",
        subject=record.subject if record and not record.is_sensitive else "",
        template_id=record.template_id if record else None,
        template_version=record.template_version if record else None,
        tags=list(record.tags) if record else [],
        metadata=dict(record.metadata) if record else {},
        stream=record.stream if record else Stream.TRANSACTIONAL,
        sensitive=record.is_sensitive if record else False,
        state=row.state.value,
        counts={state.value: count for state, count in row.counts.items()},
        recipient_count=row.recipient_count,
        recipients=list(row.addresses),
        recipient=recipient_response(row.recipient) if row.recipient else None,
        send_at=send_at.isoformat() if send_at else None,
        resent_from=record.resent_from if record else None,
        has_content=record.has_content(now) if record else False,
    )
