"""A sender that belongs to no identity of the service: refused at once, nothing is sent."""

from __future__ import annotations

import json

import pytest

from email_store.memory import MemoryEmailStore
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import EMAIL, email
from tests.unit.send_email.fakes import FakeSES, ListQueue
from tests.unit.send_email.test_records import DONE, batch
from tests.unit.send_email.test_telemetry import metrics

FOREIGN = [
    "shop@example.net",
    "shop@notexample.com",
    "shop@example.com.net",
    "shop@com",
    "Example.com <shop@example.net>",
    '"shop@example.com" <shop@example.net>',
    "me.too@example.org",
    "Me.Too+news@example.org",
    "Me.Too@sub.example.org",
    "shop@bücher.example",
]
OURS = [
    "shop@example.com",
    "Shop@EXAMPLE.com",
    "Müller <shop@a.b.example.com>",
    "shop@bücher.example.com",
    "shop@xn--bcher-kva.example.com",
    "Me <Me.Too@Example.ORG>",
]


@pytest.mark.parametrize("sender", FOREIGN)
@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_foreign_sender_gets_422_with_field_and_rule(
    api: Api, ses: FakeSES, queue: ListQueue, store: MemoryEmailStore, sender: str, prefer: str
) -> None:
    response = api.post(email(from_email=sender), prefer=prefer, idempotency_key="k")

    (error,) = response.content["detail"]
    assert (response.status, error["field"]) == (422, "from_email")
    assert "at example.com or one of its sender addresses" in error["rule"]
    assert (ses.sent, queue.entries, store.load("k")) == ([], [], None)


@pytest.mark.parametrize("sender", OURS)
def test_sender_of_an_identity_is_sent(api: Api, ses: FakeSES, sender: str) -> None:
    assert api.post(email(from_email=sender)).status == 200
    assert len(ses.sent) == 1


def test_foreign_sender_spares_the_rest_of_a_batch(api: Api) -> None:
    emails = [email(from_email=FOREIGN[0]), EMAIL]

    response = api("POST", "/emails/batch", {"emails": emails})

    assert [entry["status"] for entry in response.content["emails"]] == [422, 200]


@pytest.mark.parametrize("people", [1, 51], ids=["one call", "chunks"])
def test_record_of_a_foreign_sender_is_rejected_at_once(
    handle: Handle,
    ses: FakeSES,
    queue: ListQueue,
    store: MemoryEmailStore,
    capsys: pytest.CaptureFixture[str],
    people: int,
) -> None:
    to = [f"p{number}@example.com" for number in range(people)]
    foreign = email(from_email=FOREIGN[0], to=to, merge_data={}, idempotency_key="k")

    assert handle(batch(json.dumps(foreign))) == DONE

    view = store.load("k")
    assert view is not None
    assert view.record is not None
    assert [error.field for error in view.record.errors] == ["from_email"]
    assert (ses.sent, queue.entries) == ([], [])
    assert metrics(capsys) == {"EmailsInvalid": 1}
