"""Reads the kept message of an email for the API: to show it, and to send it again."""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import filterfalse
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from amsdal_mail.email_id import EMAIL_ID
from email_store.address_hashes import is_pseudonym
from email_store.claims import SendUnit, claim_conflict
from send_email.api.requests import READ_CONTENT, RequestError
from send_email.api.responses import SendResponse, json_response
from send_email.sending.content_store import ContentMissingError
from send_email.sending.errors import NothingKeptError, UnknownEmailError
from send_email.sending.job import SendJob, SendOutcome
from send_email.sending.resend import (
    FAILED_STATES,
    ResendRequest,
    check_time,
    message_for,
    resend_job,
    why_not_kept,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from amsdal_mail.message.email import EmailMessage
    from email_store.records import EmailRecord
    from email_store.view import EmailView
    from send_email.api.requests import HttpRequest
    from send_email.sending.kept_contents import KeptContents, KeptLinks
    from send_email.sending.service import SendService

__all__ = ["ContentResponse", "ResendResponse", "content_of", "resend_job_of"]

OFF = "This service keeps no messages: its setting content_retention_days is 0."
FORBIDDEN = (
    "To send the message to others than the recipients of the original, the token needs the scope"
    f" {READ_CONTENT} too: they can read it then."
)
GONE = "The message of the email is not there any more."
PAGES = 20
"""Pages of recipients that are read to find those who failed."""
TOO_MANY = "The email has too many recipients to find those who failed. Name them in to."
DOCUMENT_SIZE = 4_000_000
"""Bytes of a message in a response, of which Lambda takes 6 MB.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
MESSAGE = (
    "The fields of the message as in a request, without `attachments`. Large fields are left out"
    " when all do not fit into a response: `left_out` names them."
)
MESSAGE_URL = "The whole message as JSON, for as long as the links to its files."


class FileResponse(TypedDict):
    """A file of the message. `size` (bytes) and `url` are null when it is not there any more."""

    filename: str
    content_type: str
    content_id: str | None
    size: int | None
    url: str | None


class ContentResponse(TypedDict):
    """The message of an email, and links that anybody can follow until they expire."""

    email_id: str
    message: Annotated[dict[str, Any], Field(description=MESSAGE)]
    left_out: list[str]
    message_url: Annotated[str, Field(description=MESSAGE_URL)]
    attachments: list[FileResponse]
    expires_at: str


class ResendResponse(SendResponse):
    """The result of sending again. `email_id` is that of the new email."""

    resent_from: str


def content_of(service: SendService, email_id: str) -> Response[str]:
    """Return the response with the message of an email.

    Raises:
        UnknownEmailError: there is no such email.
        NothingKeptError: its message is not kept.
        ContentStoreError, StoreError: the request can be repeated.
    """
    view = _view(service, email_id)
    contents, record = _kept_record(service, view)
    message = _message(contents, record)
    links = contents.links(record.content_key or "", message)
    document = _response(email_id, message, links)
    return json_response(HTTPStatus.OK, document, {"Cache-Control": "no-store"})


def resend_job_of(
    service: SendService, request: HttpRequest, email_id: str, *, may_look_in: bool
) -> SendJob | SendOutcome:
    """Return the job that sends an email again, or the outcome of the same request before.

    Args:
        service: the service.
        request: the request.
        email_id: the id of the original.
        may_look_in: whether the caller may read messages, and so send them to others.

    Raises:
        InvalidMessageError, MalformedJSONError, RequestError: the request is invalid.
        UnknownEmailError: there is no such email.
        NothingKeptError: its message is not kept, or nobody failed.
        ContentStoreError, StoreError: the request can be repeated.
    """
    wanted = ResendRequest.from_document(request.document() if request.body.strip() else {})
    fingerprint, key = wanted.fingerprint(email_id), request.key
    begun = _begun(service, key, fingerprint) if key else None
    if isinstance(begun, SendOutcome):
        return begun
    view = _view(service, email_id)
    contents, record = _kept_record(service, view)
    if begun is None:
        check_time(record, wanted)
        failed = _failed(service, view) if wanted.only_failed else set()
        original = _message(contents, record)
        begun = message_for(original, wanted, failed)
        if _is_shown_to_others(original, begun) and not may_look_in:
            raise RequestError(HTTPStatus.FORBIDDEN, FORBIDDEN)
    new_id = key or uuid4().hex
    return resend_job(new_id, fingerprint, contents.pin(begun), email_id, record.stream)


def _is_shown_to_others(original: EmailMessage, message: EmailMessage) -> bool:
    known, wanted = (
        {address.addr_spec for address in each.recipients} for each in (original, message)
    )
    return bool(wanted - known)


def _begun(service: SendService, key: str, fingerprint: str) -> SendOutcome | EmailMessage | None:
    """Return what an earlier request with this key came to: its outcome, or its message.

    More recipients may have failed since. A request that crashed goes on with the same recipients.
    """
    unit = service.store.find_unit(key)
    if unit is None or unit.is_rejection:
        return None
    status = claim_conflict(unit, fingerprint, service.clock().timestamp())
    if status is not None:
        return SendOutcome.from_claim(unit.to_claim(SendUnit(key), status))
    return service.keeper().contents.find(key, fingerprint) if service.keeper else None


def _view(service: SendService, email_id: str, after: str = "") -> EmailView:
    is_id = EMAIL_ID.fullmatch(email_id)
    view = service.store.load(email_id, recipients_after=after) if is_id else None
    if view is None:
        raise UnknownEmailError("Email not found.")
    return view


def _kept_record(service: SendService, view: EmailView) -> tuple[KeptContents, EmailRecord]:
    reason = why_not_kept(view.record, service.clock())
    if service.keeper is None:
        raise NothingKeptError(OFF)
    if reason is not None or view.record is None:
        raise NothingKeptError(reason or GONE)
    return service.keeper().contents, view.record


def _message(contents: KeptContents, record: EmailRecord) -> EmailMessage:
    try:
        return contents.read(record.content_key or "")
    except ContentMissingError as error:
        raise NothingKeptError(GONE) from error


def _failed(service: SendService, view: EmailView) -> set[str]:
    """Return the bare addresses of the recipients who failed, page by page of a large email.

    Erased people, who are not known any more, are left out.
    """
    wanted = sum(view.counts.get(state, 0) for state in FAILED_STATES)
    failed: set[str] = set()
    for _ in range(PAGES):
        failed |= {each.address for each in view.recipients if each.state in FAILED_STATES}
        if len(failed) >= wanted or view.recipients_next is None:
            return set(filterfalse(is_pseudonym, failed))
        view = _view(service, view.email_id, view.recipients_next)
    raise NothingKeptError(TOO_MANY)


def _response(email_id: str, message: EmailMessage, links: KeptLinks) -> ContentResponse:
    fields = message.model_dump(mode="json", exclude_defaults=True, exclude={"attachments"})
    sizes = {name: len(json.dumps(json.dumps(value))) for name, value in fields.items()}
    left_out = []
    while sum(sizes.values()) > DOCUMENT_SIZE:
        largest = max(sizes, key=lambda name: sizes[name])
        left_out.append(largest)
        del sizes[largest], fields[largest]
    return ContentResponse(
        email_id=email_id,
        message=fields,
        left_out=left_out,
        message_url=links.message_url,
        attachments=[
            FileResponse(
                filename=file.filename,
                content_type=file.content_type,
                content_id=file.content_id,
                size=file.size,
                url=file.url,
            )
            for file in links.files
        ],
        expires_at=links.expires_at.isoformat(),
    )
