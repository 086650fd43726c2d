"""A service that keeps messages keeps each once, and never fails or waits long because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from amsdal_mail.status import RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from email_store.store import StoreError
from send_email.queue.timers import timer_body
from send_email.sending.service import SendService
from send_email.sending.timers import Timer
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import ANNA, BEN, email, merged
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, s3_error
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, ListQueue
from tests.unit.send_email.jobs import crashed, job_of, plain
from tests.unit.send_email.kept_world import (
    DAYS,
    FILE,
    Seconds,
    kept,
    kept_document,
    kept_record,
    schedules,
    seconds,
    service,
)
from tests.unit.send_email.test_records import DONE, batch
from tests.unit.send_email.test_telemetry import lines

__all__ = ["kept", "schedules", "seconds", "service"]

KEY = {"Idempotency_Key": "k"}
UPLOAD = "0123456789abcdef0123456789abcdef"


def puts(s3: FakeS3) -> int:
    return s3.calls.count("put_object")


def test_sent_message_is_kept(api: Api, s3: FakeS3, store: MemoryEmailStore) -> None:
    api.post(email(html_body="<b>Hello</b>", tags=["order"]), **KEY)

    record = kept_record(store, "k")
    assert record.kept is not None
    assert record.kept.until == NOW + timedelta(days=DAYS)
    assert kept_document(s3, record.content_key) == email(html_body="<b>Hello</b>", tags=["order"])
    assert api("GET", "/emails/k").content["email"]["has_content"] is True


def test_files_are_objects_beside_the_message(
    api: Api, s3: FakeS3, store: MemoryEmailStore
) -> None:
    api.post(email(attachments=[FILE, FILE | {"filename": "b.txt"}]), **KEY)

    files = kept_document(s3, kept_record(store, "k").content_key)["attachments"]
    places = [file["s3_uri"].removeprefix(f"s3://{CONTENT_BUCKET}/") for file in files]
    assert [s3.objects[CONTENT_BUCKET, place] for place in places] == [b"PDF", b"PDF"]
    assert len(set(places)) == 2
    assert all("content" not in file for file in files)


def test_long_message_is_zipped(api: Api, s3: FakeS3, store: MemoryEmailStore) -> None:
    text = "All the small print. " * 1000
    api.post(email(body=text), **KEY)

    key = kept_record(store, "k").content_key or ""
    assert len(s3.objects[CONTENT_BUCKET, key]) < len(text) / 10
    assert kept_document(s3, key)["body"] == text


@pytest.mark.parametrize("field", ["body", "subject"])
def test_sensitive_message_is_never_kept(api: Api, s3: FakeS3, field: str) -> None:
    api.post(email(sensitive=True, **{field: "s3cr3t"}), **KEY)

    assert s3.objects == {}
    assert api("GET", "/emails/k").content["email"]["has_content"] is False


def test_nothing_is_kept_when_it_is_off(service: SendService, s3: FakeS3) -> None:
    off = replace(service, keeper=None)

    off.send(plain())
    off.enqueue(job_of("queued", plain().message))

    assert s3.calls == []


def test_repeated_request_keeps_nothing_anew(api: Api, s3: FakeS3) -> None:
    for _ in range(3):
        api.post(email(attachments=[FILE]), **KEY)

    assert puts(s3) == 2


def test_conflicting_request_is_not_kept(api: Api, s3: FakeS3, store: MemoryEmailStore) -> None:
    api.post(email(), **KEY)
    before = kept_record(store, "k").content_key

    assert api.post(email(body="Other"), **KEY).status == 409

    assert kept_record(store, "k").content_key == before
    assert puts(s3) == 1


def test_retry_keeps_nothing_anew(
    api: Api, ses: FakeSES, queue: ListQueue, service: SendService, s3: FakeS3
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    api.post(email(), **KEY)
    ses.results.clear()

    service.send(queue.jobs[0])

    assert ses.addresses[-1] == [ANNA]
    assert puts(s3) == 1


def test_retry_of_a_part_is_not_kept_as_the_whole(
    api: Api,
    ses: FakeSES,
    queue: ListQueue,
    service: SendService,
    s3: FakeS3,
    store: MemoryEmailStore,
) -> None:
    """The first attempt could not keep the message, and the retry has one recipient of two."""
    s3.raises = [s3_error("PutObject", "SlowDown")]
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    api.post(merged(ANNA, BEN), **KEY)

    service.send(queue.jobs[0])

    assert len(queue.jobs[0].addresses) == 1
    assert kept_record(store, "k").kept is None


def test_crash_leaves_no_second_copy(
    service: SendService, ses: FakeSES, s3: FakeS3, store: MemoryEmailStore, clock: Clock
) -> None:
    crashed(service, ses, plain())
    left = s3.keys("kept/")
    clock.forward(1000)

    service.send(plain())

    assert len(left) == 1
    assert s3.keys("kept/") == left
    assert kept_record(store, "order-1").content_key == left[0]


def test_message_that_waits_on_the_queue_is_kept_once(
    api: Api, s3: FakeS3, store: MemoryEmailStore, queue: ListQueue, service: SendService
) -> None:
    response = api.post(email(), Prefer="respond-async", **KEY)
    waiting = kept_record(store, "k").content_key

    service.send(queue.jobs[0])

    assert response.status == 202
    assert kept_document(s3, waiting) == email()
    assert kept_record(store, "k").content_key == waiting
    assert puts(s3) == 1


def test_record_of_the_queue_is_kept(handle: Handle, s3: FakeS3, store: MemoryEmailStore) -> None:
    assert handle(batch(email(idempotency_key="k"))) == DONE

    assert kept_document(s3, kept_record(store, "k").content_key) == email()


def test_large_email_is_kept_once_with_its_merge_data(
    api: Api, s3: FakeS3, store: MemoryEmailStore, queue: ListQueue, service: SendService
) -> None:
    people = [f"p{number}@example.com" for number in range(120)]
    request = email(
        to=people, body="Hi {{name}}", merge_data={each: {"name": each} for each in people}
    )
    api.post(request | {"attachments": [FILE]}, **KEY)
    for job in queue.jobs:
        service.send(job)

    document = kept_document(s3, kept_record(store, "k").content_key)
    assert len(queue.jobs) == 3
    assert document["merge_data"] == request["merge_data"]
    assert document["to"] == people
    assert puts(s3) == 2


def test_uploaded_file_is_copied(api: Api, s3: FakeS3, store: MemoryEmailStore) -> None:
    s3.put(CONTENT_BUCKET, f"uploads/{UPLOAD}", b"upload")
    file = {"filename": "a.pdf", "mimetype": "application/pdf", "upload_id": UPLOAD}
    api.post(email(attachments=[file]), **KEY)

    (kept_file,) = kept_document(s3, kept_record(store, "k").content_key)["attachments"]
    place = kept_file["s3_uri"].removeprefix(f"s3://{CONTENT_BUCKET}/")
    assert place.startswith("kept/k/")
    assert s3.objects[CONTENT_BUCKET, place] == b"upload"


def test_object_of_another_bucket_stays_there(
    api: Api, s3: FakeS3, store: MemoryEmailStore
) -> None:
    version = s3.put("reports", "11.pdf", b"report")
    file = {"filename": "a.pdf", "mimetype": "application/pdf", "s3_uri": "s3://reports/11.pdf"}
    api.post(email(attachments=[file]), **KEY)

    document = kept_document(s3, kept_record(store, "k").content_key)
    assert document["attachments"] == [file | {"s3_etag": version}]


def test_suppressed_message_is_kept(api: Api, s3: FakeS3, store: MemoryEmailStore) -> None:
    """Somebody may send it again when the address may get mail again."""
    store.suppress(Suppression(address=ANNA, reason="bounce", at=NOW))

    api.post(email(), **KEY)

    assert kept_document(s3, kept_record(store, "k").content_key) == email()


def test_invalid_record_is_not_kept(handle: Handle, s3: FakeS3, store: MemoryEmailStore) -> None:
    handle(batch(email(subject="a\nb", idempotency_key="k")))

    assert kept_record(store, "k").errors
    assert s3.objects == {}


def in_days(days: float) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def wake(handle: Handle) -> Any:
    body = timer_body(Timer("k", 1, NOW))
    return handle(batch(body))


def test_scheduled_message_is_kept_while_it_waits(
    api: Api, s3: FakeS3, store: MemoryEmailStore
) -> None:
    for _ in range(2):
        api.post(email(send_at=in_days(30), attachments=[FILE]), **KEY)

    document = kept_document(s3, kept_record(store, "k").content_key)
    assert "send_at" not in document
    assert len(s3.keys("kept/")) == 2
    assert [each for each in s3.history if each.startswith("kept/")] == s3.keys("kept/")


def test_message_is_kept_anew_when_its_time_has_come(
    api: Api, handle: Handle, store: MemoryEmailStore, clock: Clock, s3: FakeS3
) -> None:
    api.post(email(send_at=in_days(30)), **KEY)
    clock.forward(30 * 86_400)

    assert wake(handle) == DONE

    record = kept_record(store, "k")
    assert record.kept is not None
    assert record.kept.until == NOW + timedelta(days=30 + DAYS)
    assert s3.keys() == [record.content_key]


def test_message_that_waited_shortly_is_not_kept_anew(
    api: Api, handle: Handle, clock: Clock, s3: FakeS3, ses: FakeSES
) -> None:
    api.post(email(send_at=in_days(0.5)), **KEY)
    before = puts(s3)
    clock.forward(43_200)

    wake(handle)

    assert len(ses.sent) == 1
    assert puts(s3) == before


def test_failure_to_keep_does_not_stop_the_email(
    api: Api, s3: FakeS3, store: MemoryEmailStore, ses: FakeSES, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.raises = [s3_error("PutObject", "SlowDown")]

    response = api.post(email(), **KEY)

    assert response.status == 200
    assert len(ses.sent) == 1
    assert kept_record(store, "k").kept is None
    assert api("GET", "/emails/k").content["email"]["has_content"] is False
    logged = lines(capsys)
    assert [line["reason"] for line in logged if "reason" in line] == ["PutObject: SlowDown"]
    assert [line["MessagesNotKept"] for line in logged if "MessagesNotKept" in line] == [[1.0]]


def test_email_is_queued_although_its_record_cannot_name_the_content(
    api: Api, store: MemoryEmailStore, queue: ListQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> bool:
        raise StoreError("throttled")

    monkeypatch.setattr(store, "note_kept", fail)

    response = api.post(email(), Prefer="respond-async", **KEY)

    assert response.status == 202
    assert len(queue.jobs) == 1
    assert kept_record(store, "k").kept is None


def test_bug_of_keeping_does_not_stop_the_email(
    api: Api, ses: FakeSES, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.raises = [RuntimeError("quotes the email")]

    assert api.post(email(), **KEY).status == 200

    output = capsys.readouterr().out
    assert len(ses.sent) == 1
    assert '"reason":"RuntimeError"' in output
    assert "quotes the email" not in output


def test_message_with_slow_files_is_given_up(
    service: SendService, s3: FakeS3, seconds: Seconds, store: MemoryEmailStore, ses: FakeSES
) -> None:
    files = [FILE | {"filename": f"{number}.txt"} for number in range(9)]
    message = plain().message.replace(attachments=files)
    put = s3.put_object

    def slow(**arguments: Any) -> Any:
        seconds.now += 2
        return put(**arguments)

    s3.put_object = slow  # type: ignore[method-assign]

    outcome = service.send(job_of("k", message))
    tried = puts(s3)
    small = service.send(job_of("k2", plain().message))

    assert outcome.keep_error == "there was no time left"
    assert small.keep_error == ""
    assert tried == 2
    assert len(ses.sent) == 2
    assert kept_record(store, "k").kept is None


def test_slow_failure_pauses_keeping(
    service: SendService, s3: FakeS3, seconds: Seconds, ses: FakeSES
) -> None:
    def fail(**_: Any) -> Any:
        s3.calls.append("put_object")
        seconds.now += 3
        raise ConnectTimeoutError(endpoint_url="https://s3")

    whole, s3.put_object = s3.put_object, fail  # type: ignore[method-assign]
    errors = [service.send(job_of(f"k{n}", plain().message)).keep_error for n in range(3)]
    tried = puts(s3)
    s3.put_object = whole  # type: ignore[method-assign]
    seconds.now += 31

    assert service.send(job_of("k3", plain().message)).keep_error == ""
    assert len(ses.sent) == 4
    assert tried == 1
    assert errors[0] == "PutObject: ConnectTimeoutError"
    assert set(errors[1:]) == {"not tried, because S3 was slow to fail before"}


def test_email_without_time_left_goes_back_to_the_queue(
    service: SendService, s3: FakeS3, clock: Clock, queue: ListQueue
) -> None:
    outcome = service.send(plain(), clock.now)

    assert outcome.is_queued
    assert len(queue.jobs) == 1
    assert s3.objects == {}
