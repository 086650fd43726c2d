"""The responses of the HTTP API. The OpenAPI schemas are made from these types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from aws_lambda_powertools.event_handler import Response
from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus
from email_store.truncate import first_errors
from email_store.view import RECIPIENTS_LIMIT, TIMELINE_LIMIT
from send_email.api.redact import redact_error
from send_email.api.truncate import fit_batch, take_within

if TYPE_CHECKING:
    from datetime import datetime

    from amsdal_mail.exceptions import FieldError
    from amsdal_mail.status import RecipientStatus
    from email_store.records import EmailRecord, EventRecord
    from email_store.view import EmailView, RecipientView
    from send_email.sending.job import SendOutcome

__all__ = [
    "HAS_CONTENT",
    "SUBJECT",
    "BatchResponse",
    "EmailResponse",
    "ErrorResponse",
    "Headers",
    "RecipientResponse",
    "SendResponse",
    "batch_response",
    "email_response",
    "error_document",
    "http_status",
    "json_response",
    "recipient_response",
    "send_response",
]

LIST_SIZE = 2_500_000
"""Bytes of the recipients, and of the timeline, of one email."""
TRUNCATED = (
    f"True when a list is not complete: the timeline has the newest {TIMELINE_LIMIT:,} events or"
    " fewer, recipients come in pages. `counts` is always complete."
)
RECIPIENTS_NEXT = (
    f"The `recipients_after` of the next page; null on the last. An email in chunks has up to"
    f" {RECIPIENTS_LIMIT:,} recipients a page, by address: those with an event, and those that are"
    " not sent to. The others are only counted."
)
OPENS = "All opens, also those that SES cannot attribute to a recipient of a message to several."
CLICKS = "All clicks on links of the email, counted like the opens."
SUBJECT = "Empty for a sensitive email, and for one whose subject comes from a template."
TEMPLATE_VERSION = (
    "The version of the template that went out; null before, and for a template without versions."
)
SENSITIVE = "True for an email that was sent with `sensitive`. Its subject is not stored."
HAS_CONTENT = (
    "True until the time up to which the message was to be kept. It is gone earlier when the stage"
    " has a shorter `content_retention_days` by now: then `GET /emails/{email_id}/content` is 409."
)
RESENT_FROM = "The id of the email that this one sends again."
CLAIM_ERRORS = {
    ClaimStatus.BUSY: "A request with this key is still in progress.",
    ClaimStatus.CONFLICT: "This key belongs to another request.",
}

Headers = dict[str, str | list[str]]


class RecipientResponse(TypedDict):
    """The state of the email for one recipient."""

    address: str
    state: str
    message_id: str | None
    error_code: str | None
    error_message: str | None


class TrackedRecipientResponse(RecipientResponse):
    """The state of the email for one recipient, with what SES reported since."""

    opens: int
    clicks: int


class SendResponse(TypedDict):
    """The result of a request to send."""

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
    """An invalid field, and the rule that it breaks."""

    field: str
    rule: str


class RecordResponse(TypedDict):
    """The email as it was requested, or moved, without its content."""

    created_at: str
    from_email: str
    subject: Annotated[str, Field(description=SUBJECT)]
    sensitive: Annotated[bool, Field(description=SENSITIVE)]
    template_id: str | None
    template_version: Annotated[str | None, Field(description=TEMPLATE_VERSION)]
    tags: list[str]
    metadata: dict[str, str]
    recipient_count: int
    stream: Stream
    send_at: str | None
    expires_at: str | None
    has_content: Annotated[bool, Field(description=HAS_CONTENT)]
    resent_from: Annotated[str | None, Field(description=RESENT_FROM)]
    errors: list[FieldErrorResponse]
    """The invalid fields of an email that came by the queue and was rejected."""


class EmailResponse(TypedDict):
    """An email with its recipients and its timeline."""

    email_id: str
    state: str
    counts: dict[str, int]
    email: RecordResponse | None
    """Absent when only SES's events are stored."""
    opens: Annotated[int, Field(description=OPENS)]
    clicks: Annotated[int, Field(description=CLICKS)]
    recipients: list[TrackedRecipientResponse]
    recipients_next: Annotated[str | None, Field(description=RECIPIENTS_NEXT)]
    timeline: list[EventResponse]
    is_truncated: Annotated[bool, Field(description=TRUNCATED)]


class ErrorResponse(TypedDict):
    """Why a request failed."""

    message: str
    detail: NotRequired[list[FieldErrorResponse]]
    """Missing when API Gateway responds by itself, as for a path that is not a route."""
    email_id: NotRequired[str]
    """Of a request that can be repeated: with it as the key, nothing is sent twice."""


class BatchResponse(TypedDict):
    """One response for each email, in their order. `status` is the status of that email alone.

    `is_truncated` is true when recipients or field errors are left out, because the response would
    be too large.
    """

    emails: list[dict[str, Any]]


def http_status(outcome: SendOutcome) -> HTTPStatus:
    """Return the status. It is right also for clients that read only the status."""
    if outcome.claim in CLAIM_ERRORS:
        return HTTPStatus.CONFLICT
    if outcome.is_queued:
        return HTTPStatus.ACCEPTED
    return HTTPStatus.UNPROCESSABLE_ENTITY if outcome.is_refused else HTTPStatus.OK


def json_response(
    status: HTTPStatus, document: Mapping[str, Any], headers: Headers | None = None
) -> Response[str]:
    """Return an HTTP response with a JSON body."""
    body = json.dumps(document, separators=(",", ":"))
    return Response(status, "application/json", body, headers or {})


def send_response(outcome: SendOutcome) -> SendResponse | ErrorResponse:
    """Return the document for the result of a request to send."""
    if outcome.claim in CLAIM_ERRORS:
        return error_document(CLAIM_ERRORS[outcome.claim])
    message_ids = (status.message_id for status in outcome.results.values() if status.message_id)
    return SendResponse(
        email_id=outcome.email_id,
        state=outcome.state.value,
        message_id=next(message_ids, None),
        is_success=all(status.is_success for status in outcome.results.values()),
        recipients=[recipient_response(status) for status in outcome.results.values()],
    )


def batch_response(entries: Sequence[Mapping[str, Any]]) -> BatchResponse:
    """Return the document for a batch."""
    return BatchResponse(emails=fit_batch(entries))


def email_response(view: EmailView, now: datetime) -> EmailResponse:
    """Return the document for an email, as it is now."""
    count = len(view.recipients)
    recipients = take_within(map(_tracked_recipient, view.recipients), count, LIST_SIZE)
    after = recipients[-1]["address"] if len(recipients) < count else view.recipients_next
    newest = take_within(map(_event, reversed(view.timeline)), TIMELINE_LIMIT, LIST_SIZE)
    return EmailResponse(
        email_id=view.email_id,
        state=view.state.value,
        counts={state.value: count for state, count in view.counts.items()},
        opens=view.opens,
        clicks=view.clicks,
        email=_email(view.record, now) if view.record else None,
        recipients=recipients,
        recipients_next=after,
        timeline=newest[::-1],
        is_truncated=after is not None or len(newest) < len(view.timeline),
    )


def error_document(message: str, errors: Sequence[FieldError] = ()) -> ErrorResponse:
    """Return the document for a request that failed."""
    return ErrorResponse(message=message, detail=_field_errors(errors))


def _email(record: EmailRecord, now: datetime) -> RecordResponse:
    return RecordResponse(
        created_at=record.created_at.isoformat(),
        from_email=record.from_email,
        subject=record.subject,
        sensitive=record.is_sensitive,
        template_id=record.template_id,
        template_version=record.template_version,
        tags=list(record.tags),
        metadata=dict(record.metadata),
        recipient_count=record.recipient_count,
        stream=record.stream,
        send_at=record.send_at.isoformat() if record.send_at else None,
        expires_at=record.expires_at.isoformat() if record.expires_at else None,
        has_content=record.has_content(now),
        resent_from=record.resent_from,
        errors=_field_errors(record.errors),
    )


def recipient_response(recipient: RecipientStatus | RecipientView) -> RecipientResponse:
    """Return the part of a document for one recipient."""
    code, text = recipient.error_code, recipient.error_message
    return RecipientResponse(
        address=recipient.address,
        state=recipient.state.value,
        message_id=recipient.message_id,
        error_code=code,
        error_message=None if text is None else redact_error(code, text),
    )


def _tracked_recipient(recipient: RecipientView) -> TrackedRecipientResponse:
    return TrackedRecipientResponse(
        **recipient_response(recipient), opens=recipient.opens, clicks=recipient.clicks
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
    return [
        FieldErrorResponse(field=error.field, rule=error.rule) for error in first_errors(errors)
    ]
