"""The JSON documents that the HTTP API answers with; its description is made from these types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus
from email_store.claims import ClaimStatus
from email_store.records import EmailRecord, EventRecord
from email_store.truncate import first_errors
from email_store.view import TIMELINE_LIMIT, EmailView, RecipientView
from send_email.api.truncate import fit_batch, redact_error, take_within
from send_email.sending.outcome import SendOutcome

__all__ = [
    "BatchResponse",
    "EmailResponse",
    "ErrorResponse",
    "SendResponse",
    "batch_response",
    "email_response",
    "error_document",
    "send_response",
    "http_status",
]

RECIPIENT_LIMIT = 10_000
LIST_SIZE = 2_500_000
"""Bytes of the recipients, and of the timeline, of one email."""
TRUNCATED = (
    f"True when not all is listed: there are at most {RECIPIENT_LIMIT:,} recipients, and of both"
    " lists only what fits into the answer, of the timeline the newest. `counts` counts everybody."
)
MESSAGES = {
    ClaimStatus.BUSY: "an earlier request with this key is being worked on",
    ClaimStatus.CONFLICT: "this key belongs to another request",
}


class RecipientResponse(TypedDict):
    """What became of the email for one recipient."""

    address: str
    state: str
    message_id: str | None
    error_code: str | None
    error_message: str | None


class SendResponse(TypedDict):
    """What became of a request to send."""

    email_id: str
    state: str
    message_id: str | None
    is_success: bool
    recipients: list[RecipientResponse]


class EventResponse(TypedDict):
    """One event that SES reported."""

    at: str
    kind: str
    recipient: str | None
    message_id: str
    details: dict[str, Any]


class FieldErrorResponse(TypedDict):
    """A field that breaks a rule."""

    field: str
    rule: str


class RecordResponse(TypedDict):
    """What is kept of the email itself."""

    created_at: str
    from_email: str
    subject: str
    template_id: str | None
    tags: list[str]
    metadata: dict[str, str]
    recipient_count: int
    errors: list[FieldErrorResponse]
    """The broken rules, of an email that came by the queue and was rejected."""


class EmailResponse(TypedDict):
    """Everything known of an email."""

    email_id: str
    state: str
    counts: dict[str, int]
    email: RecordResponse | None
    """Absent when nothing but SES's events is known."""
    recipients: list[RecipientResponse]
    timeline: list[EventResponse]
    is_truncated: Annotated[bool, Field(description=TRUNCATED)]


class ErrorResponse(TypedDict):
    """Why a request was not carried out."""

    message: str
    detail: list[FieldErrorResponse]
    email_id: NotRequired[str]
    """Of a request that can be made again: with it as key, nothing is sent twice."""


class BatchResponse(TypedDict):
    """One answer an email, in their order: `status` is what it would have been alone.

    Where not all recipients or broken rules are listed, because the answer would be too long,
    `is_truncated` is true.
    """

    emails: list[dict[str, Any]]


def http_status(outcome: SendOutcome) -> HTTPStatus:
    """Choose the status: a client that looks at nothing else is not misled."""
    if outcome.claim in MESSAGES:
        return HTTPStatus.CONFLICT
    if outcome.is_queued:
        return HTTPStatus.ACCEPTED
    return HTTPStatus.UNPROCESSABLE_ENTITY if outcome.is_refused else HTTPStatus.OK


def send_response(outcome: SendOutcome) -> SendResponse | ErrorResponse:
    """Write what became of a request to send."""
    if outcome.claim in MESSAGES:
        return error_document(MESSAGES[outcome.claim])
    message_ids = (one.message_id for one in outcome.results.values() if one.message_id)
    return SendResponse(
        email_id=outcome.email_id,
        state=outcome.state.value,
        message_id=next(message_ids, None),
        is_success=all(one.is_success for one in outcome.results.values()),
        recipients=[_recipient(one) for one in outcome.results.values()],
    )


def batch_response(entries: Sequence[Mapping[str, Any]]) -> BatchResponse:
    """Put the answers of a batch's emails together."""
    return BatchResponse(emails=fit_batch(entries))


def email_response(found: EmailView) -> EmailResponse:
    """Write everything known of an email."""
    recipients = take_within(map(_recipient, found.recipients), RECIPIENT_LIMIT, LIST_SIZE)
    newest = take_within(map(_event, reversed(found.timeline)), TIMELINE_LIMIT, LIST_SIZE)
    return EmailResponse(
        email_id=found.email_id,
        state=found.state.value,
        counts={state.value: count for state, count in found.counts.items()},
        email=_email(found.record) if found.record else None,
        recipients=recipients,
        timeline=newest[::-1],
        is_truncated=(len(recipients), len(newest)) != (len(found.recipients), len(found.timeline)),
    )


def error_document(message: str, errors: Sequence[FieldError] = ()) -> ErrorResponse:
    """Write why a request was not carried out."""
    return ErrorResponse(message=message, detail=_field_errors(errors))


def _email(record: EmailRecord) -> RecordResponse:
    return RecordResponse(
        created_at=record.created_at.isoformat(),
        from_email=record.from_email,
        subject=record.subject,
        template_id=record.template_id,
        tags=list(record.tags),
        metadata=dict(record.metadata),
        recipient_count=record.recipient_count,
        errors=_field_errors(record.errors),
    )


def _recipient(one: RecipientStatus | RecipientView) -> RecipientResponse:
    return RecipientResponse(
        address=one.address,
        state=one.state.value,
        message_id=one.message_id,
        error_code=one.error_code,
        error_message=redact_error(one.error_code, one.error_message),
    )


def _event(event: EventRecord) -> EventResponse:
    return EventResponse(
        at=event.at.isoformat(),
        kind=event.kind,
        recipient=event.recipient,
        message_id=event.message_id,
        details=dict(event.details),
    )


def _field_errors(errors: Sequence[FieldError]) -> list[FieldErrorResponse]:
    return [FieldErrorResponse(field=one.field, rule=one.rule) for one in first_errors(errors)]
