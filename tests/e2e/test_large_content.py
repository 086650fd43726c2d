"""Emails of up to 40 MB: by the queue, by uploads, and with files from other buckets."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import httpx
import pytest

from amsdal_mail import Attachment, EmailMessage, EmailRequest
from local.stack.ses_simulator import control
from tests.e2e.service import ATTACHMENT_BUCKET, Service, message, to

MB = 1024 * 1024
SECONDS = 120


@pytest.fixture
def content() -> bytes:
    return os.urandom(29 * MB)


@pytest.fixture
def s3_for_the_library(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", service.aws.endpoint)


@pytest.fixture
def reports(service: Service) -> Iterator[str]:
    s3 = service.aws.client("s3")
    s3.create_bucket(Bucket=ATTACHMENT_BUCKET)
    yield ATTACHMENT_BUCKET
    for key in keys(service, "", ATTACHMENT_BUCKET):
        s3.delete_object(Bucket=ATTACHMENT_BUCKET, Key=key)
    s3.delete_bucket(Bucket=ATTACHMENT_BUCKET)


def keys(service: Service, prefix: str, bucket: str | None = None) -> list[str]:
    name = bucket or service.aws.outputs["ContentBucketName"]
    listed = service.aws.client("s3").list_objects_v2(Bucket=name, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def wait_until_deleted(service: Service) -> None:
    """Return when no object of the queue is left: an event may come before the email is settled."""
    deadline = time.monotonic() + SECONDS
    while left := keys(service, "queued/"):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def files_of(service: Service, email_id: str) -> list[bytes]:
    """Return the files of the only message of an email, as SES got them."""
    (sent,) = service.sent_by_ses(email_id)
    raw = httpx.get(f"{service.aws.ses_url}/_local/messages/{sent['id']}/raw", timeout=60)
    parts = message_from_bytes(raw.content, policy=default).iter_attachments()
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[misc]


@pytest.mark.usefixtures("s3_for_the_library")
def test_the_largest_email_goes_by_the_queue(service: Service, content: bytes) -> None:
    key = f"large-{uuid4().hex}"
    request = EmailRequest(
        idempotency_key=key,
        subject="Report",
        body="See the file.",
        from_email="orders@example.com",
        to=[to("success")],
        attachments=[Attachment("report.bin", content, "application/octet-stream")],
    )

    status = service.queue().send_messages([request])

    assert status.message_id == key
    service.wait_for(key, lambda email: email["state"] == "delivered", SECONDS)
    assert files_of(service, key) == [content]
    wait_until_deleted(service)


@pytest.mark.usefixtures("s3_for_the_library")
def test_a_long_text_goes_by_the_queue(service: Service) -> None:
    text = "All the small print. " * 150_000
    email = EmailMessage(body=text, from_email="orders@example.com", to=[to("success")])

    status = service.queue().send_messages([email])

    assert status.message_id is not None
    service.wait_for(status.message_id, lambda email: email["state"] == "delivered", SECONDS)
    (sent,) = service.sent_by_ses(status.message_id)
    document = control(service.aws.ses_url, "GET", f"messages/{sent['id']}")
    assert text in str(document)
    wait_until_deleted(service)


@pytest.mark.parametrize(
    ("wish", "megabytes"), [({}, 8), ({"Prefer": "respond-async"}, 29)], ids=["at once", "queued"]
)
def test_an_uploaded_file_is_attached(
    service: Service, content: bytes, wish: dict[str, str], megabytes: int
) -> None:
    content = content[: megabytes * MB]
    key = f"upload-{uuid4().hex}"
    size = {"size": len(content), "mimetype": "application/pdf"}

    upload = service.post("/uploads", size).content
    put = httpx.request(
        upload["method"], upload["url"], headers=upload["headers"], content=content, timeout=60
    )
    file = {"filename": "r.pdf", "mimetype": "application/pdf", "upload_id": upload["upload_id"]}
    response = service.post("/emails", message(attachments=[file]), {"Idempotency-Key": key} | wish)

    assert put.status_code == 200, put.text
    assert response.status == (202 if wish else 200), response
    service.wait_for(key, lambda email: email["state"] == "delivered", SECONDS)
    assert files_of(service, key) == [content]
    wait_until_deleted(service)
    assert keys(service, f"uploads/{upload['upload_id']}") != []


def test_an_object_of_another_bucket_is_attached(service: Service, reports: str) -> None:
    key = f"report-{uuid4().hex}"
    service.aws.client("s3").put_object(Bucket=reports, Key="2026/11.pdf", Body=b"%PDF")
    file = {"filename": "11.pdf", "mimetype": "application/pdf"}
    there, missing, foreign = (
        message(attachments=[{**file, "s3_uri": f"s3://{place}"}])
        for place in (f"{reports}/2026/11.pdf", f"{reports}/12.pdf", "other/11.pdf")
    )

    sent = service.post("/emails", there, {"Idempotency-Key": key})
    refused = [service.post("/emails", request) for request in (missing, foreign)]
    record = service.put_on_queue(missing)

    assert sent.status == 200, sent
    assert files_of(service, key) == [b"%PDF"]
    assert [response.status for response in refused] == [422, 422]
    assert [response.content["detail"][0]["rule"] for response in refused] == [
        "does not exist, or not any more",
        "is in a bucket, or has a prefix, that the service may not read",
    ]
    service.wait_for_state(record, "rejected")


def test_files_over_the_limit_are_refused_before_sending(service: Service, reports: str) -> None:
    s3 = service.aws.client("s3")
    s3.put_object(Bucket=reports, Key="half", Body=bytes(16 * MB))
    file = {"filename": "f", "mimetype": "a/b", "s3_uri": f"s3://{reports}/half"}
    key = f"over-{uuid4().hex}"

    response = service.post("/emails", message(attachments=[file, file]), {"Idempotency-Key": key})

    assert response.status == 422
    assert response.content["detail"][0]["field"] == "attachments"
    assert service.sent_by_ses(key) == []
