"""The backend sqs puts what a message of the queue cannot take into the bucket of the service."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from amsdal_mail import (
    Attachment,
    ConfigurationError,
    EmailMessage,
    EmailRequest,
    InvalidMessageError,
    SendState,
)
from amsdal_mail.backends.sqs import BODY_SIZE_LIMIT, SQSBackend
from amsdal_mail.message.stored_request import StoredRequest
from tests.unit.amsdal_mail.backends.s3_server import S3Stub, etag
from tests.unit.amsdal_mail.backends.servers import Server, respond, send_by, serving

WAYS = ["sync", "async"]
PDF = b"%PDF" * 500_000
LONG = "long text " * 120_000
BUCKET = "contents"


def accept(server: Server, connection: socket.socket) -> None:
    """Accept each entry, as SQS does."""
    while server.read_request(connection):
        entries = json.loads(server.bodies[-1])["Entries"]
        body = json.dumps({"Successful": [{"Id": entry["Id"]} for entry in entries]})
        respond(b"200 OK", body.encode())(server, connection)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Stub]:
    stub = S3Stub({})
    with serving(stub) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        yield stub


@pytest.fixture
def queue() -> Iterator[Server]:
    with serving(accept) as server:
        yield server


def backend(queue: Server, **options: Any) -> SQSBackend:
    given: dict[str, Any] = {
        "queue_url": f"{queue.url}/123456789012/send",
        "endpoint_url": queue.url,
        "content_bucket": BUCKET,
        "region_name": "eu-west-1",
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "the-secret-key",
    }
    return SQSBackend(**given | options, environ={})


def message(to: str = "a@x.io", **fields: Any) -> EmailMessage:
    return EmailMessage(**{"from_email": "shop@example.com", "body": "b", "to": [to], **fields})


def queued(queue: Server) -> list[str]:
    return [e["MessageBody"] for body in queue.bodies for e in json.loads(body)["Entries"]]


@pytest.mark.parametrize("way", WAYS)
async def test_large_file_is_an_object_that_the_message_names(
    s3: S3Stub, queue: Server, way: str
) -> None:
    files = [Attachment("a.pdf", PDF, "application/pdf"), Attachment("b.txt", "b", "text/plain")]

    status, _ = await send_by(way, backend(queue), [message(attachments=files)])

    (body,) = queued(queue)
    request = EmailRequest.from_json(body)
    stored, inline = request.attachments
    ((name, content),) = s3.objects.items()
    assert status.recipients["a@x.io"].state is SendState.QUEUED
    assert (f"s3://{name}", content) == (stored.s3_uri, PDF)
    assert name.startswith(f"{BUCKET}/queued/")
    assert (stored.s3_etag, inline) == (etag(PDF), files[1])
    assert request.idempotency_key == status.message_id


@pytest.mark.parametrize("way", WAYS)
async def test_long_text_is_a_request_in_the_bucket(s3: S3Stub, queue: Server, way: str) -> None:
    request = EmailRequest.from_message(message(body=LONG), "order-1")

    status, _ = await send_by(way, backend(queue), [request])

    reference = StoredRequest.from_json(queued(queue)[0])
    assert reference is not None
    assert reference.idempotency_key == status.message_id == "order-1"
    stored = s3.objects[f"{BUCKET}/{reference.content.key}"]
    assert EmailRequest.from_json(stored) == request
    assert (reference.content.size, reference.content.etag) == (len(stored), etag(stored))


def test_small_messages_need_no_bucket(s3: S3Stub, queue: Server) -> None:
    connection = backend(queue)

    connection.send_messages([message(attachments=[Attachment("a", "b" * 700_000, "a/b")])])

    assert (s3.requests, connection._s3) == ([], None)


def test_file_of_a_request_names_its_character_set(s3: S3Stub, queue: Server) -> None:
    text = Attachment("a.txt", ("gr\u00fc\u00df " * 300_000).encode("latin-1"), "text/plain")
    utf8 = Attachment("a.txt", "gr\u00fc\u00df " * 300_000, "text/plain")

    backend(queue).send_messages([message(attachments=[text, utf8])])

    files = EmailRequest.from_json(queued(queue)[0]).attachments
    assert [file.charset for file in files] == [None, "utf-8"]


def test_failure_of_s3_concerns_one_message(
    s3: S3Stub, queue: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    messages = [message("a@x.io"), message("b@x.io", body=LONG), message("c@x.io")]

    status = backend(queue, connect_timeout=0.2).send_messages(messages)

    states = [next(iter(one.recipients.items())) for one in status.messages]
    assert [(address, result.state) for address, result in states] == [
        ("a@x.io", SendState.QUEUED),
        ("b@x.io", SendState.FAILED),
        ("c@x.io", SendState.QUEUED),
    ]
    assert len(queued(queue)) == 2


def test_bucket_that_may_not_be_written_to_is_a_wrong_set_up(s3: S3Stub, queue: Server) -> None:
    connection = backend(queue, content_bucket="denied")

    with pytest.raises(ConfigurationError, match="the option content_bucket"):
        connection.send_messages([message(body=LONG)])


def test_large_message_without_a_bucket_names_the_option(queue: Server) -> None:
    connection = backend(queue, content_bucket=None)

    rule = f"queue takes {BODY_SIZE_LIMIT} without content_bucket"
    with pytest.raises(InvalidMessageError, match=rule):
        connection.send_messages([message(), message(body=LONG)])

    assert queue.bodies == []


def test_environment_names_the_bucket() -> None:
    environ = {"AMSDAL_EMAIL_QUEUE_URL": "https://queue", "AMSDAL_EMAIL_CONTENT_BUCKET": BUCKET}

    assert SQSBackend(environ=environ).content_bucket == BUCKET
