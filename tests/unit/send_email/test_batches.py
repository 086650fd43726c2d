"""POST /emails/batch: every email stands on its own."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail.status import SendState
from send_email.sending.errors import QueueError
from tests.unit.send_email.bodies import BEN, EMAIL, email
from tests.unit.send_email.conftest import Api, FakeSES, ListQueue


def batch(api: Api, *emails: Any, **headers: str) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api("POST", "/emails/batch", {"emails": emails}, named)
    assert answer.status == 200
    entries: list[dict[str, Any]] = answer.content["emails"]
    return entries


def test_every_email_of_a_batch_stands_on_its_own(api: Api, ses: FakeSES) -> None:
    ses.answer(BEN, SendState.REJECTED)

    answers = batch(api, EMAIL, email(to=[]), 7, email(to=[BEN]), email(idempotency_key="k"))

    assert [one["status"] for one in answers] == [200, 422, 422, 422, 200]
    assert answers[1]["detail"][0]["field"] == "to"
    assert answers[4]["email_id"] == "k"


def test_a_key_makes_a_whole_batch_repeatable(api: Api, ses: FakeSES) -> None:
    emails = (EMAIL, email(idempotency_key="own"), email(to=[BEN]))
    first = batch(api, *emails, idempotency_key="night")

    assert [one["email_id"] for one in first] == ["night.1", "own", "night.3"]
    assert batch(api, *emails, idempotency_key="night") == first
    assert len(ses.sent) == 3


@pytest.mark.parametrize(("length", "status"), [(126, 200), (127, 422)])
def test_a_key_that_gets_too_long_with_the_emails_number_is_refused(
    api: Api, ses: FakeSES, length: int, status: int
) -> None:
    answer = api("POST", "/emails/batch", {"emails": [EMAIL]}, {"idempotency-key": "k" * length})

    assert answer.status == status
    assert len(ses.sent) == (status == 200)
    if status == 422:
        (error,) = answer.content["detail"]
        assert error["field"] == "Idempotency-Key"


def test_a_batch_can_be_queued(api: Api, ses: FakeSES, queue: ListQueue) -> None:
    answers = batch(api, EMAIL, EMAIL, prefer="respond-async")

    assert [one["status"] for one in answers] == [202, 202]
    assert (len(queue.entries), len(ses.sent)) == (2, 0)


def test_one_email_in_trouble_leaves_the_others_alone(api: Api, queue: ListQueue) -> None:
    queue.raises = [QueueError()]

    answers = batch(api, EMAIL, EMAIL, EMAIL, prefer="respond-async")

    assert sorted(one["status"] for one in answers) == [202, 202, 503]


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
def test_what_is_no_list_of_1_to_100_emails_is_answered_422(api: Api, content: Any) -> None:
    assert api("POST", "/emails/batch", content).status == 422
