"""Jobs for the tests of the service, and their states."""

from __future__ import annotations

import pytest

from amsdal_mail.message.email import EmailMessage, EmailRequest
from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from email_store.records import RecipientRecord
from email_store.states import EmailState
from send_email.sending.job import SendJob
from send_email.sending.service import SendService
from tests.unit.send_email.fakes import NOW, FakeSES

__all__ = [
    "ANNA",
    "BEN",
    "CARL",
    "ID",
    "accepted_by_event",
    "crashed",
    "job_of",
    "merged",
    "plain",
    "states",
]

ANNA, BEN, CARL = "anna@example.com", "ben@example.com", "carl@example.com"
ID = "order-1"


def job_of(email_id: str, message: EmailMessage, stream: Stream | None = None) -> SendJob:
    """Return the job of a new request for the message, without a key and times."""
    request = EmailRequest.from_message(message, None)
    return SendJob.from_request(email_id, request, lambda: NOW, stream)


def plain(*to: str, body: str = "Hello") -> SendJob:
    message = EmailMessage(subject="Hi", body=body, from_email="shop@example.com", to=to or (ANNA,))
    return job_of(ID, message)


def merged(*to: str, cc: tuple[str, ...] = ()) -> SendJob:
    message = EmailMessage(
        template_id="hello",
        from_email="shop@example.com",
        to=to,
        cc=cc,
        merge_data={address: {"name": address} for address in to},
    )
    return job_of(ID, message)


def states(store: MemoryEmailStore) -> dict[str, EmailState]:
    view = store.load(ID)
    assert view is not None
    return {recipient.address: recipient.state for recipient in view.recipients}


def accepted_by_event(store: MemoryEmailStore, address: str) -> None:
    seen = RecipientRecord(
        email_id=ID, address=address, state=EmailState.ACCEPTED, at=NOW, message_id="ses-0"
    )
    store.advance_recipient(seen, now=NOW)


def crashed(service: SendService, ses: FakeSES, job: SendJob) -> None:
    ses.raises = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        service.send(job)
