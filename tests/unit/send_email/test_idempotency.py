"""One request, made twice."""

from __future__ import annotations

import pytest

from amsdal_mail.status import SendState
from tests.unit.send_email.bodies import ANNA, EMAIL, email
from tests.unit.send_email.conftest import TIMEOUTS, Api, Clock, FakeSES


@pytest.mark.parametrize("key", ["order-1", '"order-1"', " order-1 "])
def test_the_key_of_the_header_becomes_the_id(api: Api, key: str) -> None:
    assert api.post(EMAIL, idempotency_key=key).content["email_id"] == "order-1"


def test_the_key_of_the_body_becomes_the_id(api: Api) -> None:
    assert api.post(email(idempotency_key="order-1")).content["email_id"] == "order-1"


def test_two_different_keys_are_refused(api: Api) -> None:
    answer = api.post(email(idempotency_key="order-1"), idempotency_key="order-2")

    assert (answer.status, answer.content["detail"][0]["field"]) == (422, "idempotency_key")


@pytest.mark.parametrize("key", ["", "a b", "ü", "-a", "a" * 129, "a/b"])
def test_a_key_that_cannot_be_an_id_is_refused(api: Api, key: str) -> None:
    answer = api.post(EMAIL, idempotency_key=key)

    assert (answer.status, answer.content["detail"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("state", [SendState.ACCEPTED, SendState.REJECTED])
def test_a_repeated_request_gets_the_first_answer(api: Api, ses: FakeSES, state: SendState) -> None:
    ses.answer(ANNA, state)
    first = api.post(EMAIL, idempotency_key="k")
    ses.answers.clear()

    again = api.post(EMAIL, idempotency_key="k")

    assert (again.status, again.content) == (first.status, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(ses.sent) == 1


def test_a_key_used_for_another_request_is_answered_409(api: Api, ses: FakeSES) -> None:
    api.post(EMAIL, idempotency_key="k")

    answer = api.post(email(body="Another"), idempotency_key="k")

    assert answer.status == 409
    assert "retry-after" not in answer.headers
    assert len(ses.sent) == 1


def test_a_key_being_worked_on_is_answered_409_with_the_time_left_of_its_lease(
    api: Api, ses: FakeSES, clock: Clock
) -> None:
    answers = []

    def repeat() -> None:
        clock.forward(0.5)
        answers.append(api.post(EMAIL, idempotency_key="k"))

    ses.before = repeat

    api.post(EMAIL, idempotency_key="k")

    assert answers[0].status == 409
    assert answers[0].headers["retry-after"] == str(TIMEOUTS.lost_response)
