"""Kept messages in the S3 of the local AWS: put, read, followed by link, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from amsdal_mail import Attachment, EmailMessage
from amsdal_mail.message.email import EmailRequest
from email_store.records import EmailRecord
from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY
from send_email.contents.kept_contents import S3KeptContents
from send_email.sending.content_store import ContentMissingError
from send_email.sending.job import SendJob

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BUCKETS = count(1)
FILES = 1100
"""More than one page of a list, and one call that deletes, have."""


@pytest.fixture
def s3(aws_url: str) -> Any:
    """A client that signs URLs as that of the function does."""
    return boto3.client(
        "s3",
        endpoint_url=aws_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(signature_version="s3v4"),
    )


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"kept-{next(BUCKETS)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def contents(s3: Any, bucket: str) -> S3KeptContents:
    return S3KeptContents(lambda: s3, bucket, (), timedelta(days=7), lambda: NOW)


def job(email_id: str, body: str = "Hello", **fields: Any) -> SendJob:
    request = EmailRequest(
        from_email="shop@example.com", to=["anna@example.com"], body=body, **fields
    )
    return SendJob.from_request(email_id, request, lambda: NOW)


def record(email_id: str) -> EmailRecord:
    return EmailRecord(email_id=email_id, fingerprint="f", created_at=NOW)


@pytest.mark.parametrize("body", ["Hello ü", "Hello ü " * 1000], ids=["plain", "zipped"])
def test_message_is_read_as_it_was_put(contents: S3KeptContents, body: str) -> None:
    file = Attachment("ü.txt", b"text", "text/plain")
    put = job("k", body, attachments=[file])

    message = contents.read(contents.put(put, 9))

    (kept,) = message.attachments
    assert message.body == body
    assert (kept.filename, kept.content_type) == (file.filename, file.content_type)
    assert contents.find("k", put.fingerprint) == message
    assert contents.find("k", "0" * 64) is None


@pytest.mark.parametrize("body", ["Hello ü", "Hello ü " * 1000], ids=["plain", "zipped"])
def test_links_lead_to_the_message_and_its_files(contents: S3KeptContents, body: str) -> None:
    key = contents.put(job("k", body, attachments=[Attachment("ü.txt", b"text", "text/plain")]), 9)

    links = contents.links(key, contents.read(key))

    (file,) = links.files
    assert links.expires_at == NOW + timedelta(minutes=15)
    assert file.size == 4
    assert httpx.get(file.url or "").content == b"text"
    document = httpx.get(links.message_url).json()
    assert EmailMessage.model_validate(document).body == body


def test_deleted_email_leaves_no_object(contents: S3KeptContents, s3: Any, bucket: str) -> None:
    key = contents.put(job("k", attachments=[Attachment("a", b"a", "a/b")]), 9)
    other = contents.put(job("k.2"), 9)
    for number in range(FILES):
        s3.put_object(Bucket=bucket, Key=f"kept/k/of-a-crash/{number}", Body=b"")

    assert contents.delete_content(record("k")) == FILES + 2

    with pytest.raises(ContentMissingError):
        contents.read(key)
    assert contents.read(other).body == "Hello"
    assert contents.delete_content(record("k")) == 0
