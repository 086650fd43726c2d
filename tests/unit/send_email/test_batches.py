"""POST /emails/batch: the emails of a batch are independent."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail.status import SendState
from send_email.sending.errors import QueueError
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import BEN, EMAIL, email
from tests.unit.send_email.fakes import FakeSES, ListQueue


def batch(api: Api, *emails: Any, **headers: str) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = api("POST", "/emails/batch", {"emails": emails}, named)
    assert response.status == 200
    entries: list[dict[str, Any]] = response.content["emails"]
    return entries


def test_emails_of_a_batch_are_independent(api: Api, ses: FakeSES) -> None:
    ses.respond(BEN, SendState.REJECTED)

    responses = batch(api, EMAIL, email(to=[]), 7, email(to=[BEN]), email(idempotency_key="k"))

    assert [entry["status"] for entry in responses] == [200, 422, 422, 422, 200]
    assert responses[1]["detail"][0]["field"] == "to"
    assert responses[4]["email_id"] == "k"


def test_key_makes_a_whole_batch_repeatable(api: Api, ses: FakeSES) -> None:
    emails = (EMAIL, email(idempotency_key="own"), email(to=[BEN]))
    first = batch(api, *emails, idempotency_key="night")

    assert [entry["email_id"] for entry in first] == ["night.1", "own", "night.3"]
    assert batch(api, *emails, idempotency_key="night") == first
    assert len(ses.sent) == 3


@pytest.mark.parametrize(("length", "status"), [(126, 200), (127, 422)])
def test_key_that_is_too_long_with_its_number_is_invalid(
    api: Api, ses: FakeSES, length: int, status: int
) -> None:
    response = api("POST", "/emails/batch", {"emails": [EMAIL]}, {"idempotency-key": "k" * length})

    assert response.status == status
    assert len(ses.sent) == (status == 200)
    if status == 422:
        (error,) = response.content["detail"]
        assert error["field"] == "Idempotency-Key"


def test_batch_can_be_queued(api: Api, ses: FakeSES, queue: ListQueue) -> None:
    responses = batch(api, EMAIL, EMAIL, prefer="respond-async")

    assert [entry["status"] for entry in responses] == [202, 202]
    assert (len(queue.entries), len(ses.sent)) == (2, 0)


def test_one_failed_email_of_a_batch_spares_the_others(api: Api, queue: ListQueue) -> None:
    queue.raises = [QueueError()]

    responses = batch(api, EMAIL, EMAIL, EMAIL, prefer="respond-async")

    assert sorted(entry["status"] for entry in responses) == [202, 202, 503]


@pytest.mark.parametrize(
    "content",
    [
        {"emails": []},
        {"emails": [EMAIL] * 101},
        {"emails": EMAIL},
        {},
        [EMAIL],
        {"emails": [EMAIL], "unknown": 1},
    ],
    ids=["empty", "101", "no list", "nothing", "bare list", "unknown field"],
)
def test_batch_must_be_a_list_of_1_to_100_emails(api: Api, content: Any) -> None:
    assert api("POST", "/emails/batch", content).status == 422
