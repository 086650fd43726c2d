"""Attachments that name objects in S3, or uploads: looked up when accepted, in one version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.contents.s3_content_store import S3ContentStore
from send_email.contents.uploads import SIZE_LIMIT
from send_email.queue.claim_check import ClaimCheck
from send_email.sending.heavy_emails import NoRoomError
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import email
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, etag, s3_error
from tests.unit.send_email.fakes import FakeSES, ListQueue
from tests.unit.send_email.jobs import job_of
from tests.unit.send_email.test_records import DONE, batch

PDF = b"%PDF"
ID = "0" * 31 + "1"
UPLOAD = {"upload_id": ID}
REPORT = {"s3_uri": "s3://reports/2026/11.pdf"}


def with_file(place: dict[str, str], **fields: Any) -> dict[str, Any]:
    file = {"filename": "a.pdf", "mimetype": "application/pdf", **place}
    return email(attachments=[file], **fields)


@pytest.fixture(autouse=True)
def objects(s3: FakeS3) -> None:
    s3.put("reports", "2026/11.pdf", PDF)
    s3.put("archive", "2026/11.pdf", PDF)
    s3.put("archive", "2025/11.pdf", PDF)
    s3.put("archive", "2026", PDF)
    s3.put("reports-of-others", "2026/11.pdf", PDF)
    s3.put("secret", "a", PDF)
    s3.put(CONTENT_BUCKET, f"uploads/{ID}", PDF)
    s3.put("reports", "big", b"\0" * SIZE_LIMIT)


@pytest.mark.parametrize(
    ("place", "uri"),
    [
        (REPORT, REPORT["s3_uri"]),
        ({"s3_uri": "s3://archive/2026/11.pdf"}, "s3://archive/2026/11.pdf"),
        (REPORT | {"s3_etag": etag(PDF)}, REPORT["s3_uri"]),
        (UPLOAD, f"s3://{CONTENT_BUCKET}/uploads/{ID}"),
    ],
    ids=["bucket", "prefix", "version", "upload"],
)
def test_file_is_pinned_when_the_email_is_accepted(
    api: Api, ses: FakeSES, place: dict[str, str], uri: str
) -> None:
    assert api.post(with_file(place)).status == 200

    (file,) = ses.sent[0].attachments
    assert (file.s3_uri, file.s3_etag, file.upload_id) == (uri, etag(PDF), None)


REFUSED = {
    "other bucket": ({"s3_uri": "s3://other/a"}, "s3_uri", "may not read"),
    "bucket with a like name": ({"s3_uri": "s3://reports-of-others/a"}, "s3_uri", "may not read"),
    "other prefix": ({"s3_uri": "s3://archive/2025/11.pdf"}, "s3_uri", "may not read"),
    "prefix without its slash": ({"s3_uri": "s3://archive/2026"}, "s3_uri", "may not read"),
    "uploads by their key": (
        {"s3_uri": f"s3://{CONTENT_BUCKET}/uploads/{ID}"}, "s3_uri", "may not read"
    ),
    "missing": ({"s3_uri": "s3://reports/12.pdf"}, "s3_uri", "does not exist"),
    "changed": (REPORT | {"s3_etag": "0" * 32}, "s3_uri", "not the version"),
    "missing upload": ({"upload_id": "0" * 32}, "upload_id", "does not exist"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "field", "rule"), REFUSED.values(), ids=REFUSED)
def test_file_that_cannot_be_attached_gets_422(
    api: Api, ses: FakeSES, store: MemoryEmailStore, place: dict[str, str], field: str, rule: str
) -> None:
    response = api.post(with_file(place), Idempotency_Key="k")

    (detail,) = response.content["detail"]
    assert response.status == 422
    assert detail["field"] == f"attachments[0].{field}"
    assert rule in detail["rule"]
    assert (ses.sent, store.load("k")) == ([], None)


def test_denied_file_gets_422(api: Api, s3: FakeS3) -> None:
    s3.raises = [s3_error("HeadObject", "403")]

    (detail,) = api.post(with_file(REPORT)).content["detail"]

    assert detail["rule"] == "cannot be read: the bucket must permit it to the service"


def test_files_are_too_large_together(api: Api, ses: FakeSES) -> None:
    big = {"filename": "b", "mimetype": "a/b", "s3_uri": "s3://reports/big"}

    alone = api.post(email(attachments=[big]))
    two = api.post(email(attachments=[big, big]))

    assert (alone.status, two.status) == (200, 422)
    assert [detail["field"] for detail in two.content["detail"]] == ["attachments"]
    assert len(ses.sent) == 1


def test_outage_of_s3_gets_503(api: Api, s3: FakeS3) -> None:
    s3.raises = [s3_error("HeadObject", "500")]

    assert api.post(with_file(REPORT)).status == 503
    assert api.post(with_file(REPORT)).status == 200


def test_repeated_request_is_replayed(api: Api, ses: FakeSES) -> None:
    first = api.post(with_file(REPORT), Idempotency_Key="k")
    again = api.post(with_file(REPORT), Idempotency_Key="k")

    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(ses.sent) == 1


def test_request_with_a_changed_object_is_another_one(api: Api, s3: FakeS3) -> None:
    api.post(with_file(REPORT), Idempotency_Key="k")
    s3.put("reports", "2026/11.pdf", b"new")

    assert api.post(with_file(REPORT), Idempotency_Key="k").status == 409


def test_second_upload_of_the_same_file_is_the_same_request(api: Api, s3: FakeS3) -> None:
    other = "0" * 31 + "2"
    s3.put(CONTENT_BUCKET, f"uploads/{other}", PDF)

    api.post(with_file(UPLOAD), Idempotency_Key="k")
    again = api.post(with_file({"upload_id": other}), Idempotency_Key="k")

    assert again.headers["idempotency-replayed"] == "true"


def test_record_with_a_missing_file_is_rejected_once(
    handle: Handle, store: MemoryEmailStore, ses: FakeSES
) -> None:
    missing = with_file({"s3_uri": "s3://reports/12.pdf"}, idempotency_key="k")

    assert handle(batch(missing)) == DONE

    view = store.load("k")
    assert view is not None
    assert view.record is not None
    assert view.state is EmailState.REJECTED
    assert [error.field for error in view.record.errors] == ["attachments[0].s3_uri"]


def test_second_delivery_whose_file_is_gone_changes_nothing(
    handle: Handle, store: MemoryEmailStore, s3: FakeS3
) -> None:
    record = with_file(REPORT, idempotency_key="k")
    handle(batch(record))
    s3.objects.clear()

    assert handle(batch(record)) == DONE

    view = store.load("k")
    assert view is not None
    assert view.state is EmailState.ACCEPTED
    assert store.load("record-1") is None


def test_upload_is_copied_when_the_email_waits(
    service: SendService, queue: ListQueue, contents: S3ContentStore, s3: FakeS3
) -> None:
    message = EmailMessage(
        from_email="shop@example.com",
        to=["anna@example.com"],
        body="b",
        attachments=[Attachment.from_upload(ID, "a.pdf"), Attachment.from_s3(REPORT["s3_uri"])],
    )
    accepted = service.accept(job_of("k", message))

    queued = ClaimCheck(contents).store_files(accepted)

    copied, other = queued.message.attachments
    (key,) = s3.keys("queued/")
    assert (copied.s3_uri, copied.s3_etag) == (f"s3://{CONTENT_BUCKET}/{key}", etag(PDF))
    assert other == accepted.message.attachments[1]
    assert queued.fingerprint == accepted.fingerprint


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"size": SIZE_LIMIT + 1, "mimetype": "a/b"}, "size"),
        ({"size": 0, "mimetype": "a/b"}, "size"),
        ({"size": True, "mimetype": "a/b"}, "size"),
        ({"size": "5", "mimetype": "a/b"}, "size"),
        ({"size": 5, "mimetype": "pdf"}, "mimetype"),
        ({"size": 5, "mimetype": None}, "mimetype"),
        ({"size": 5}, "(body)"),
        ([], "(body)"),
    ],
)
def test_upload_that_breaks_a_rule_gets_422(api: Api, document: Any, field: str) -> None:
    response = api("POST", "/uploads", document)

    assert response.status == 422
    assert [detail["field"] for detail in response.content["detail"]] == [field]


def test_upload_is_a_request_for_one_file(api: Api) -> None:
    response = api("POST", "/uploads", {"size": 5, "mimetype": "application/pdf"})

    upload_id = response.content["upload_id"]
    assert response.status == 201
    assert response.content["method"] == "PUT"
    assert response.content["url"].endswith(f"/uploads/{upload_id}?put_object")
    assert response.content["expires_at"] == "2026-02-27T10:30:31+00:00"
    assert response.content["headers"] == {
        "Content-Length": "5",
        "Content-Type": "application/pdf",
        "If-None-Match": "*",
    }


def test_large_emails_pass_two_at_a_time(service: SendService) -> None:
    gate = replace(service).heavy_emails

    with gate.room(0), gate.room(0):
        third = gate.room(0)
        with pytest.raises(NoRoomError):
            third.__enter__()
    with gate.room(0):
        pass


GONE = {"s3_uri": f"s3://{CONTENT_BUCKET}/queued/gone", "s3_etag": "0" * 32}


def test_scheduled_email_whose_file_is_gone_gets_422(api: Api, store: MemoryEmailStore) -> None:
    response = api.post(with_file(GONE, send_at="2026-02-28T10:00:00Z"), Idempotency_Key="k")

    assert response.status == 422
    assert [detail["field"] for detail in response.content["detail"]] == ["attachments"]
    assert store.load("k") is None


@pytest.mark.parametrize("prefix", ["uploads", "scheduled"])
def test_version_opens_no_other_prefix_of_the_service(api: Api, s3: FakeS3, prefix: str) -> None:
    version = s3.put(CONTENT_BUCKET, f"{prefix}/a", PDF)
    place = {"s3_uri": f"s3://{CONTENT_BUCKET}/{prefix}/a", "s3_etag": version}

    assert api.post(with_file(place)).status == 422


def test_object_with_a_key_of_its_own_gets_422(api: Api, s3: FakeS3) -> None:
    s3.raises = [s3_error("HeadObject", "400")]

    (detail,) = api.post(with_file(REPORT)).content["detail"]

    assert "SSE-C" in detail["rule"]
