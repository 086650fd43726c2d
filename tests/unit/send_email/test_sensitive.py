"""Sensitive email in the service: what the table, the responses and the logs do not hold."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, RetryHint, SendState
from email_store.dynamodb.unit_items import email_item
from email_store.memory import MemoryEmailStore
from send_email.queue.envelope import read_job, write_job
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import ANNA, email
from tests.unit.send_email.fakes import NOW, FakeSES, ListQueue
from tests.unit.send_email.jobs import job_of
from tests.unit.send_email.test_records import DONE, batch

SECRET = "s3cr3t"
RESET = {
    "subject": f"Code {SECRET}",
    "body": f"https://shop.example/reset?token={SECRET}",
    "html_body": f"<b>{SECRET}</b>",
    "headers": {"X-Reset": SECRET},
    "tags": ["password-reset"],
    "sensitive": True,
}


def test_subject_is_neither_stored_nor_shown(api: Api, store: MemoryEmailStore) -> None:
    api.post(email(**RESET), idempotency_key="k")

    shown = api("GET", "/emails/k").content

    view = store.load("k")
    assert view is not None
    assert view.record is not None
    assert SECRET not in json.dumps(email_item(view.record))
    assert SECRET not in json.dumps(shown)
    assert (shown["email"]["sensitive"], shown["email"]["subject"]) == (True, "")
    assert shown["email"]["tags"] == ["password-reset"]


def test_other_email_is_not_sensitive(api: Api) -> None:
    api.post(email(), idempotency_key="k")

    shown = api("GET", "/emails/k").content

    assert (shown["email"]["sensitive"], shown["email"]["subject"]) == (False, "Hi")


def test_record_of_the_queue_is_as_sensitive(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES
) -> None:
    assert handle(batch(email(**RESET, idempotency_key="k"))) == DONE

    view = store.load("k")
    assert view is not None
    assert view.record is not None
    assert (view.record.is_sensitive, view.record.subject) == (True, "")
    assert ses.sent[0].sensitive


def test_every_chunk_of_a_large_email_is_sensitive(
    api: Api, queue: ListQueue, store: MemoryEmailStore
) -> None:
    people = [f"n{number}@example.com" for number in range(120)]
    large = email(**RESET | {"to": people, "merge_data": {}})

    api.post(large, idempotency_key="k")

    view = store.load("k")
    assert view is not None
    assert view.record is not None
    assert (view.record.is_sensitive, view.record.subject) == (True, "")
    assert [job.record(NOW).is_sensitive for job in queue.jobs] == [True] * 3


def test_retry_stays_sensitive_on_the_queue(api: Api, ses: FakeSES, queue: ListQueue) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    api.post(email(**RESET), idempotency_key="k")
    (job,) = [read_job("r", write_job(job), Mock()) for job in queue.jobs]

    assert job.message.sensitive
    assert job.record(NOW).subject == ""


@pytest.mark.parametrize("field", ["track_opens", "track_clicks"])
def test_tracking_of_sensitive_email_gets_422(api: Api, ses: FakeSES, field: str) -> None:
    response = api.post(email(**RESET, **{field: True}))

    assert response.status == 422
    (error,) = response.content["detail"]
    assert error["field"] == field
    assert "sensitive" in error["rule"]
    assert ses.sent == []


def test_fingerprint_covers_the_whole_request() -> None:
    message = EmailMessage(**email(**RESET))
    others = [
        message.replace(subject="Code"),
        message.replace(body="b"),
        message.replace(headers={}),
        message.replace(sensitive=False),
        message.replace(track_opens=False),
    ]

    prints = {job_of("k", other).fingerprint for other in (message, *others)}

    assert len(prints) == 6


def test_same_key_with_another_subject_is_a_conflict(api: Api) -> None:
    api.post(email(**RESET), idempotency_key="k")

    response = api.post(email(**RESET | {"subject": "Code 2"}), idempotency_key="k")

    assert response.status == 409


@pytest.mark.parametrize(
    "error",
    [None, RuntimeError(SECRET), ConfigurationError("sensitive needs a later SDK")],
    ids=["sent", "bug", "old SDK"],
)
def test_log_has_neither_content_nor_address(
    error: Exception | None,
    api: Api,
    handle: Handle,
    ses: FakeSES,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if error:
        ses.raises = [error, error]

    api.post(email(**RESET))
    handle(batch(email(**RESET)))

    output = capsys.readouterr()
    logged = output.out + output.err
    assert "email" in logged
    assert SECRET not in logged
    assert ANNA not in logged
