"""Errors of the API, and their HTTP statuses."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.store import RecordTooLargeError, StoreError
from send_email.sending.errors import QueueError
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, BEN, EMAIL, merged
from tests.unit.send_email.fakes import FakeSES, ListQueue


def test_unavailable_queue_gets_503_and_allows_a_retry(api: Api, queue: ListQueue) -> None:
    queue.raises = [QueueError("https://sqs/secret-name")]
    response = api.post(EMAIL, prefer="respond-async", idempotency_key="k")

    assert (response.status, response.headers["retry-after"]) == (503, "5")
    assert "secret-name" not in json.dumps(response.content)
    assert api.post(EMAIL, prefer="respond-async", idempotency_key="k").status == 202


def test_failed_request_without_a_key_is_retried_by_email_id(
    api: Api, queue: ListQueue, ses: FakeSES
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    queue.raises = [QueueError()]
    request = merged(ANNA, BEN)

    failed = api.post(request)
    ses.results.clear()
    repeated = api.post(request, idempotency_key=failed.content["email_id"])

    assert (failed.status, repeated.status) == (503, 200)
    assert ses.addresses == [[ANNA, BEN], [BEN]]


def test_result_that_was_not_stored_is_returned(
    api: Api, store: MemoryEmailStore, ses: FakeSES, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_answer(*_args: object) -> NoReturn:
        raise StoreError("no response")

    store.settle = no_answer  # type: ignore[assignment, method-assign]

    response = api.post(EMAIL)

    assert (response.status, response.content["state"]) == (200, "accepted")
    assert "ResultNotStoredError" in capsys.readouterr().out


@pytest.mark.parametrize("wish", ["", "respond-async"], ids=["sync", "async"])
def test_email_too_large_for_the_table_gets_422(
    api: Api, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RecordTooLargeError("Item size has exceeded the maximum allowed size")

    monkeypatch.setattr(store, "claim", refuse)
    monkeypatch.setattr(store, "register", refuse)

    response = api.post(EMAIL, prefer=wish)

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["(body)"]


def test_bug_gets_500_without_its_text(api: Api, ses: FakeSES) -> None:
    ses.raises = [RuntimeError(ANNA)]

    response = api.post(EMAIL)

    assert (response.status, response.content["detail"]) == (500, [])
    assert ANNA not in str(response.content)


def test_bug_in_one_email_of_a_batch_spares_the_others(api: Api, ses: FakeSES) -> None:
    ses.raises = [RuntimeError(ANNA)]

    response = api("POST", "/emails/batch", {"emails": [EMAIL] * 3})

    assert sorted(entry["status"] for entry in response.content["emails"]) == [200, 200, 500]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("PUT", "/emails"), ("DELETE", "/emails/k")]
)
def test_unknown_route_gets_404(api: Api, method: str, path: str) -> None:
    response = api(method, path)

    assert (response.status, response.content["message"]) == (404, "Route not found.")
