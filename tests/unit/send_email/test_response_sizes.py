"""The size of responses: Lambda's limit is 6 MB."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import SendUnit
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord, EventRecord, RecipientRecord
from email_store.states import EmailState
from send_email.api.responses import batch_response
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import email
from tests.unit.send_email.fakes import NOW, FakeSES

LIMIT = 6_200_000


def test_only_the_first_field_errors_are_listed(api: Api) -> None:
    response = api.post({f"f{number}": 1 for number in range(60_000)})

    assert response.status == 422
    assert len(response.content["detail"]) == 51
    assert response.content["detail"][-1]["field"] == "(more)"


def test_batch_of_invalid_emails_fits(api: Api) -> None:
    bad = {f"{number}{'ж' * 300}": 1 for number in range(60)}

    response = api("POST", "/emails/batch", {"emails": [bad] * 100})

    assert len(json.dumps(json.dumps(response.content))) < LIMIT
    assert {len(error["detail"]) > 1 for error in response.content["emails"]} == {True}


def test_batch_of_refused_emails_fits(api: Api, ses: FakeSES) -> None:
    people = [f"{number}@{'x' * 60}.{'x' * 60}.{'x' * 60}.com" for number in range(50)]
    text = "Email address is not verified: " + ", ".join(people)
    for address in people:
        ses.results[address] = RecipientStatus(
            address, SendState.REJECTED, None, "MessageRejected", text
        )

    response = api("POST", "/emails/batch", {"emails": [email(to=people)] * 100})

    assert len(json.dumps(json.dumps(response.content))) < LIMIT


def test_large_batch_lists_the_first_recipients_of_each_email() -> None:
    recipients = [
        {"address": f"{number}@example.com", "error_message": "ж" * 250} for number in range(99)
    ]
    errors = [{"field": "\x01" * 200, "rule": "is no field of an email"}] * 51
    short: dict[str, Any] = {"status": 200, "recipients": recipients[:1]}
    long: dict[str, Any] = {"status": 422, "email_id": "a", "recipients": recipients}
    broken: dict[str, Any] = {"status": 422, "message": "broken", "detail": errors}

    emails = batch_response([short, *[long] * 50, *[broken] * 49])["emails"]

    assert len(json.dumps(json.dumps({"emails": emails}))) < LIMIT
    assert emails[0] == short
    assert emails[1] | {"recipients": []} == long | {"recipients": [], "is_truncated": True}
    assert emails[1]["recipients"] == recipients[: len(emails[1]["recipients"])]
    assert 20 < len(emails[1]["recipients"]) < 99
    assert emails[-1]["is_truncated"]
    assert 20 < len(emails[-1]["detail"]) < 51


def test_batch_that_fits_is_complete() -> None:
    entries = [{"status": 200, "recipients": [{"address": "a@x.io"}] * 99}] * 100

    assert batch_response(entries)["emails"] == entries


@pytest.mark.parametrize(
    ("count", "text"), [(12_000, "x"), (5_000, '"' * 1_000)], ids=["many", "long"]
)
def test_large_email_lists_what_fits_and_counts_everything(
    api: Api, store: MemoryEmailStore, count: int, text: str
) -> None:
    record = EmailRecord(
        email_id="order-1", fingerprint="f", created_at=NOW, recipient_count=count, chunk_count=9
    )
    store.claim(record, SendUnit("order-1"), (), now=NOW, lease_seconds=90)
    for number in range(count):
        recipient = RecipientRecord(
            email_id="order-1",
            address=f"p{number}@example.com",
            state=EmailState.BOUNCED,
            at=NOW,
            message_id="0100",
            error_message=text,
        )
        store.advance_recipient(recipient, now=NOW, record=record)
    for number in range(100):
        event = EventRecord(
            email_id="order-1",
            event_id=f"{number:03}",
            kind="bounce",
            at=NOW,
            message_id="0100",
            details={"diagnostic_code": text * 100},
        )
        store.add_event(event, now=NOW)

    response = api("GET", "/emails/order-1").content

    assert len(json.dumps(json.dumps(response))) < LIMIT
    assert response["is_truncated"] is True
    assert response["counts"] == {"bounced": count}
    assert 500 < len(response["recipients"]) <= 1_000
    assert response["recipients_next"] == response["recipients"][-1]["address"]
    assert response["timeline"]
    assert response["timeline"][-1]["details"]
