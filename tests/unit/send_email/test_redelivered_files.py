"""A queued request whose file changes or goes between two deliveries of its record."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.sending.errors import QueueError
from tests.unit.send_email.api_client import Handle
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, etag
from tests.unit.send_email.fakes import Clock, FakeSES, ListQueue
from tests.unit.send_email.jobs import ANNA, ID, states
from tests.unit.send_email.test_attached_files import with_file
from tests.unit.send_email.test_records import DONE, batch, failed

UPLOAD_ID = "0" * 31 + "1"
PLACES = {
    "object": ({"s3_uri": "s3://reports/a.pdf"}, "reports", "a.pdf"),
    "upload": ({"upload_id": UPLOAD_ID}, CONTENT_BUCKET, f"uploads/{UPLOAD_ID}"),
}
each_place = pytest.mark.parametrize(("place", "bucket", "key"), PLACES.values(), ids=PLACES)


@pytest.fixture
def first_fails(handle: Handle, ses: FakeSES, queue: ListQueue, clock: Clock) -> Any:
    """Return a function that delivers a record. SES is busy then, and the retry is not queued."""

    def deliver(request: Any) -> None:
        ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
        queue.raises = [QueueError("m")]
        assert failed(handle(batch(request))) == ["record-1"]
        ses.results.clear()
        ses.sent.clear()
        clock.forward(60)

    return deliver


def request_with(place: dict[str, str]) -> Any:
    return with_file(place, idempotency_key=ID, to=[ANNA])


def test_email_whose_object_changed_is_sent(
    handle: Handle, first_fails: Any, s3: FakeS3, ses: FakeSES, store: MemoryEmailStore
) -> None:
    request = request_with(PLACES["object"][0])
    s3.put("reports", "a.pdf", b"old")
    first_fails(request)
    s3.put("reports", "a.pdf", b"new")

    assert handle(batch(request)) == DONE

    assert [message.attachments[0].s3_etag for message in ses.sent] == [etag(b"new")]
    assert states(store) == {ANNA: EmailState.ACCEPTED}


@each_place
def test_email_whose_file_is_gone_gets_a_final_state(
    handle: Handle,
    first_fails: Any,
    s3: FakeS3,
    ses: FakeSES,
    store: MemoryEmailStore,
    place: dict[str, str],
    bucket: str,
    key: str,
) -> None:
    request = request_with(place)
    s3.put(bucket, key, b"old")
    first_fails(request)
    s3.objects.clear()
    ses.respond(ANNA, SendState.REJECTED, code="AttachmentMissing")

    assert handle(batch(request)) == DONE

    (file,) = ses.sent[0].attachments
    assert (file.s3_uri, file.s3_etag) == (f"s3://{bucket}/{key}", None)
    assert states(store) == {ANNA: EmailState.REJECTED}


def test_another_request_with_the_key_is_no_redelivery(
    handle: Handle, s3: FakeS3, ses: FakeSES
) -> None:
    s3.put("reports", "a.pdf", b"old")
    handle(batch(request_with({"s3_uri": "s3://reports/a.pdf"})))

    handle(batch(request_with({"s3_uri": "s3://reports/gone.pdf"})))

    assert len(ses.sent) == 1
