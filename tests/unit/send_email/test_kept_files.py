"""The files of a scheduled email stay until the email is settled, whatever SQS delivers twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.s3_objects import S3Object
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from send_email.contents.s3_content_store import S3ContentStore
from send_email.queue.claim_check import ClaimCheck, discard
from send_email.queue.envelope import write_job
from send_email.sending.schedules import Schedules
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3
from tests.unit.send_email.fakes import Clock, FakeSES, ListQueue
from tests.unit.send_email.test_schedules import EMAIL, ID, in_future, record, wake

__all__ = ["wake"]

FILE = "queued/file"
ADDRESS = "anna@example.com"


@pytest.fixture(autouse=True)
def _bucket_is_used(s3: FakeS3, contents: S3ContentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue copies and deletes files as SendQueue does, and SES reads them."""

    def put(queue: ListQueue, jobs: Any, delay_seconds: int = 0) -> None:
        check = ClaimCheck(contents)
        queue.entries += [(check.store_files(job), delay_seconds) for job in jobs]

    def send_one(ses: FakeSES, message: EmailMessage, *, extra_tags: Any) -> SendStatus:
        keys = [S3Object.from_uri(file.s3_uri or "").key for file in message.attachments]
        if all((CONTENT_BUCKET, key) in s3.objects for key in keys):
            return accept(ses, message, extra_tags=extra_tags)
        missing = RecipientStatus(ADDRESS, SendState.REJECTED, None, "AttachmentMissing", "text")
        return SendStatus.from_recipients([missing])

    accept = FakeSES.send_one
    monkeypatch.setattr(ListQueue, "put", put)
    monkeypatch.setattr(ListQueue, "discard", lambda _, job: discard(contents, job))
    monkeypatch.setattr(FakeSES, "send_one", send_one)


@pytest.fixture
def original(s3: FakeS3, handle: Handle) -> Any:
    """A record of a producer with a file, which is scheduled in a minute."""
    etag = s3.put(CONTENT_BUCKET, FILE, b"%PDF")
    uri = f"s3://{CONTENT_BUCKET}/{FILE}"
    file = {"filename": "a", "mimetype": "text/plain", "s3_uri": uri, "s3_etag": etag}
    times = {"send_at": in_future(seconds=60), "idempotency_key": ID}
    event = {"Records": [record(json.dumps({**EMAIL, **times, "attachments": [file]}))]}
    handle(event)
    return event


def refuse(ses: FakeSES) -> None:
    ses.respond(ADDRESS, SendState.FAILED, RetryHint.SOON, "Throttling")


def run(handle: Handle, queue: ListQueue) -> None:
    handle({"Records": [record(write_job(queue.jobs[-1]))]})


def state(api: Api) -> Any:
    return api("GET", f"/emails/{ID}").content["state"]


def test_repeated_record_finds_its_file(
    api: Api, handle: Handle, original: Any, wake: Any, clock: Clock, ses: FakeSES, queue: ListQueue
) -> None:
    clock.forward(61)
    refuse(ses)
    wake()
    ses.results.clear()
    clock.forward(300)

    handle(original)
    run(handle, queue)

    assert state(api) == "accepted"


def test_second_timer_finds_the_file_of_a_retried_email(
    api: Api,
    handle: Handle,
    original: Any,
    wake: Any,
    clock: Clock,
    ses: FakeSES,
    queue: ListQueue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[Any] = []

    def job_of(schedules: Schedules, email_id: str, unit: Any) -> Any:
        job = read(schedules, email_id, unit)
        reads.append(job)
        if len(reads) == 1:  # the other timer comes now
            refuse(ses)
            wake()
            ses.results.clear()
        return job

    read = Schedules.job_of
    monkeypatch.setattr(Schedules, "job_of", job_of)
    clock.forward(61)

    wake()
    run(handle, queue)

    assert (len(reads), state(api)) == (2, "accepted")


def test_retry_deletes_the_content_of_a_scheduled_email(
    api: Api,
    handle: Handle,
    original: Any,
    wake: Any,
    clock: Clock,
    ses: FakeSES,
    queue: ListQueue,
    s3: FakeS3,
) -> None:
    clock.forward(61)
    refuse(ses)
    wake()
    waiting = s3.keys("scheduled/")
    ses.results.clear()

    run(handle, queue)

    assert state(api) == "accepted"
    assert (len(waiting), s3.keys()) == (2, [FILE])
