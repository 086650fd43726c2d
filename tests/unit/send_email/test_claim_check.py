"""What a message of the queue cannot take goes into the bucket, and leaves it with the email."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import pytest

from amsdal_mail.batching import SQS_SIZE_LIMIT
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RetryHint, SendState
from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.contents.s3_content_store import S3ContentStore
from send_email.queue.send_queue import SendQueue
from send_email.sending.content_store import ContentMissingError, ContentStoreError
from send_email.sending.errors import QueueError
from send_email.sending.job import SendJob
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, s3_error
from tests.unit.send_email.fakes import FakeSES
from tests.unit.send_email.jobs import ANNA, BEN, job_of
from tests.unit.send_email.test_records import DONE, record

MB = 1024 * 1024
PDF = Attachment("invoice.pdf", b"%PDF" * MB, "application/pdf")
LOGO = Attachment("logo.png", b"\x89PNG", "image/png", "logo")
LONG = "long text " * 120_000


@dataclass
class FakeSQS:
    """Keeps the bodies, and refuses what SQS refuses."""

    bodies: list[str] = field(default_factory=list)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        bodies = [entry["MessageBody"] for entry in Entries]
        assert sum(len(body.encode()) for body in bodies) <= SQS_SIZE_LIMIT
        self.bodies += bodies
        return {}

    def take(self) -> list[str]:
        bodies, self.bodies = self.bodies, []
        return bodies


@pytest.fixture
def sqs() -> FakeSQS:
    return FakeSQS()


@pytest.fixture
def service(service: SendService, sqs: FakeSQS, contents: S3ContentStore) -> SendService:
    """The service with the real queue, in front of an SQS and an S3 in memory."""
    queue = SendQueue(sqs, dict.fromkeys(Stream, "url"), contents)  # type: ignore[arg-type]
    return replace(service, queue=queue)


def job(*to: str, **fields: Any) -> SendJob:
    message = EmailMessage(**{"from_email": "shop@example.com", "body": "b", "to": to, **fields})
    return job_of("order-1", message)


LARGE = {
    "files": {"attachments": [LOGO, PDF]},
    "text": {"body": LONG},
    "both": {"body": LONG, "attachments": [LOGO, PDF]},
}


@pytest.mark.parametrize("fields", LARGE.values(), ids=LARGE)
def test_large_job_is_sent_as_it_was_queued(
    service: SendService, sqs: FakeSQS, ses: FakeSES, s3: FakeS3, handle: Handle, fields: Any
) -> None:
    large = job(ANNA, **fields)

    service.enqueue(large)

    (body,) = sqs.take()
    assert len(body) < 2_000
    assert handle({"Records": [record(1, body)]}) == DONE
    (sent,) = ses.sent
    assert filled(sent, s3) == large.message
    assert s3.keys() == []


def filled(message: EmailMessage, s3: FakeS3) -> EmailMessage:
    """Return the message as the backend reads it, with the files in its bucket."""
    files = []
    for file in message.attachments:
        if file.s3_uri:
            content = s3.history[file.s3_uri.partition(f"s3://{CONTENT_BUCKET}/")[2]]
            file = replace(file, content=content, s3_uri=None, s3_etag=None)
        files.append(file)
    return message.replace(attachments=files)


def test_small_job_needs_no_bucket(service: SendService, s3: FakeS3, ses: FakeSES) -> None:
    service.enqueue(job(ANNA, attachments=[LOGO]))
    service.send(replace(job(BEN, attachments=[LOGO]), email_id="order-2"))

    assert s3.calls == []


@pytest.mark.parametrize("fields", LARGE.values(), ids=LARGE)
def test_retry_reuses_what_is_in_the_bucket(
    service: SendService, sqs: FakeSQS, ses: FakeSES, s3: FakeS3, handle: Handle, fields: Any
) -> None:
    service.enqueue(job(ANNA, BEN, merge_data={}, **fields))
    keys = s3.keys()
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)

    handle({"Records": [record(1, sqs.take()[0])]})

    (retry,) = sqs.take()
    assert s3.keys() == keys
    ses.results.clear()
    handle({"Records": [record(2, retry)]})
    assert ses.addresses == [[ANNA, BEN], [BEN]]
    assert s3.keys() == []


def test_chunks_share_their_files(
    service: SendService, sqs: FakeSQS, ses: FakeSES, s3: FakeS3, handle: Handle
) -> None:
    people = [f"p{number}@example.com" for number in range(120)]

    service.enqueue(job(*people, merge_data={}, attachments=[PDF]))

    bodies = sqs.take()
    assert (len(bodies), len(s3.keys())) == (3, 1)
    for number, body in enumerate(bodies):
        handle({"Records": [record(number, body)]})
    assert list(chain.from_iterable(ses.addresses)) == people
    assert len(s3.keys()) == 1  # until the lifecycle of the bucket deletes it


def test_large_chunks_leave_the_bucket_one_by_one(
    service: SendService, sqs: FakeSQS, ses: FakeSES, s3: FakeS3, handle: Handle
) -> None:
    people = [f"p{number}@example.com" for number in range(60)]
    data = {address: {"text": "x" * 30_000} for address in people}

    service.enqueue(job(*people, merge_data=data))

    first, second = sqs.take()
    assert len(s3.keys()) == 1  # the second chunk fits into a message
    handle({"Records": [record(1, first)]})
    assert s3.keys() == []
    handle({"Records": [record(2, second)]})
    assert [len(addresses) for addresses in ses.addresses] == [50, 10]


def test_email_of_the_api_goes_by_the_bucket_too(
    api: Api, sqs: FakeSQS, s3: FakeS3, store: MemoryEmailStore
) -> None:
    body = json.loads(job(ANNA, body=LONG).message.to_json())

    response = api.post(body, prefer="respond-async", Idempotency_Key="k")

    assert response.status == 202
    assert len(s3.keys("queued/")) == 1


def test_bucket_that_fails_leaves_the_email_to_a_retry(
    service: SendService, s3: FakeS3, ses: FakeSES
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    s3.raises = [s3_error("PutObject", "SlowDown")]
    with pytest.raises(QueueError):
        service.send(job(ANNA, body=LONG))
    ses.results.clear()

    outcome = service.send(job(ANNA, body=LONG))

    assert outcome.claim is ClaimStatus.CLAIMED
    assert outcome.counts == {SendState.ACCEPTED: 1}


def test_object_that_cannot_be_deleted_does_no_harm(
    service: SendService, sqs: FakeSQS, s3: FakeS3, handle: Handle, store: MemoryEmailStore
) -> None:
    service.enqueue(job(ANNA, body=LONG))
    s3.delete_object = refuse  # type: ignore[method-assign]

    assert handle({"Records": [record(1, sqs.take()[0])]}) == DONE

    assert state_of(store) is EmailState.ACCEPTED


def refuse(**_: str) -> None:
    raise s3_error("DeleteObject", "InternalError")


def state_of(store: MemoryEmailStore, email_id: str = "order-1") -> EmailState | None:
    view = store.load(email_id)
    return view.state if view else None


def test_second_delivery_of_a_sent_email_sends_nothing(
    service: SendService, sqs: FakeSQS, ses: FakeSES, handle: Handle, store: MemoryEmailStore
) -> None:
    service.enqueue(job(ANNA, body=LONG))
    (body,) = sqs.take()
    handle({"Records": [record(1, body)]})

    assert handle({"Records": [record(1, body)]}) == DONE

    assert (len(ses.sent), state_of(store)) == (1, EmailState.ACCEPTED)
    assert state_of(store, "record-1") is None


@pytest.mark.parametrize("trouble", ["missing", "changed"])
def test_lost_content_rejects_the_email_and_ends(
    service: SendService,
    sqs: FakeSQS,
    ses: FakeSES,
    s3: FakeS3,
    handle: Handle,
    store: MemoryEmailStore,
    trouble: str,
) -> None:
    service.enqueue(job(ANNA, body=LONG))
    (key,) = s3.keys()
    if trouble == "missing":
        s3.objects.clear()
    else:
        s3.put(CONTENT_BUCKET, key, b"{}")

    assert handle({"Records": [record(1, sqs.take()[0])]}) == DONE

    view = store.load("order-1")
    assert view is not None
    (recipient,) = view.recipients
    assert (recipient.state, recipient.error_code) == (EmailState.REJECTED, "ContentMissing")
    assert not ses.sent


def test_bucket_that_cannot_be_read_leaves_the_record_to_sqs(
    service: SendService, sqs: FakeSQS, s3: FakeS3, handle: Handle, store: MemoryEmailStore
) -> None:
    service.enqueue(job(ANNA, body=LONG))
    (body,) = sqs.take()
    s3.raises = [s3_error("GetObject", "AccessDenied")]

    response = handle({"Records": [record(1, body)]})

    assert response["batchItemFailures"] == [{"itemIdentifier": "record-1"}]
    assert state_of(store) is EmailState.QUEUED


def test_content_is_found_only_in_its_version(contents: S3ContentStore, s3: FakeS3) -> None:
    content = contents.put("queued/a", b"one")

    assert contents.get(content) == b"one"
    contents.put("queued/a", b"two")
    with pytest.raises(ContentMissingError):
        contents.get(content)
    with pytest.raises(ContentMissingError):
        contents.copy(content, "queued/b")
    s3.raises = [s3_error("GetObject", "InternalError")]
    with pytest.raises(ContentStoreError, match="GetObject: InternalError"):
        contents.get(content)


def test_each_chunk_names_its_own_uploads(service: SendService, sqs: FakeSQS, s3: FakeS3) -> None:
    uploads = []
    for number in range(4):
        etag = s3.put(CONTENT_BUCKET, f"uploads/{number:032x}", f"file {number}".encode())
        uri = f"s3://{CONTENT_BUCKET}/uploads/{number:032x}"
        name = f"f{number}.pdf"
        uploads.append(Attachment(name, b"", "application/pdf", s3_uri=uri, s3_etag=etag))
    inline = Attachment("big.pdf", b"x" * 900_000, "application/pdf")
    people = [f"p{number}@example.com" for number in range(1000)]

    service.enqueue(job(*people, merge_data={}, attachments=[inline, *uploads]))

    for body in sqs.take():
        files = json.loads(body)["request"]["attachments"]
        contents = [s3.objects[CONTENT_BUCKET, key_of(file)] for file in files[1:]]
        assert contents == [f"file {number}".encode() for number in range(4)]
    assert len(s3.keys("queued/")) == 5


def key_of(file: dict[str, str]) -> str:
    return file["s3_uri"].removeprefix(f"s3://{CONTENT_BUCKET}/")
