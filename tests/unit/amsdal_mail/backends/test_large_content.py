"""Large files arrive at SES as they are, and this process holds no copies of them."""

from __future__ import annotations

import json
import os
import socket
import tracemalloc
from base64 import b64decode
from email import message_from_bytes
from typing import Any

import pytest

from amsdal_mail import Attachment, EmailMessage, SendState
from amsdal_mail.message.attachment import LARGE_FILE
from tests.unit.amsdal_mail.backends.servers import (
    Server,
    accept_mail,
    respond,
    send_by,
    serving,
    ses,
)

MB = 1024 * 1024
SMALL, LARGE, TEXT = b"s" * 10, os.urandom(LARGE_FILE + 1), "gr\u00fc\u00df " * LARGE_FILE
WAYS = ["sync", "async"]
CONTENTS: dict[str, dict[str, Any]] = {
    "Simple": {},
    "Template": {"merge_data": {"a@x.io": {}}},
    "Raw": {"alternatives": [("BEGIN:VCALENDAR", "text/calendar")]},
}


def message(*contents: bytes | str, **fields: Any) -> EmailMessage:
    files = [Attachment(f"{n}.txt", content, "text/plain") for n, content in enumerate(contents)]
    basic = {"subject": "Hi", "body": "Hello", "from_email": "shop@example.com", "to": ["a@x.io"]}
    return EmailMessage(**{**basic, "attachments": files, **fields})


def received_files(body: bytes) -> list[bytes]:
    document = json.loads(body)
    content = document.get("Content") or document["DefaultContent"]
    ((kind, part),) = content.items()
    if kind == "Raw":
        parsed = message_from_bytes(b64decode(part["Data"], validate=True))
        parts = [p for p in parsed.walk() if p.get_filename()]
        return [p.get_payload(decode=True) for p in parts]  # type: ignore[misc]
    return [b64decode(file["RawContent"], validate=True) for file in part["Attachments"]]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CONTENTS)
async def test_files_of_any_size_arrive_as_they_are(kind: str, way: str) -> None:
    with serving(accept_mail) as server:
        status, _ = await send_by(
            way, ses(server.url), [message(SMALL, LARGE, TEXT, LARGE, **CONTENTS[kind])]
        )

    (body,) = server.bodies
    assert kind in str(json.loads(body).keys() | json.loads(body).get("Content", {"Template"}))
    assert received_files(body) == [SMALL, LARGE, TEXT.encode(), LARGE]
    assert len(status.recipients) == 1


@pytest.mark.parametrize("kind", CONTENTS)
def test_large_content_is_sent_without_copies(kind: str) -> None:
    email = message(b"\0" * 20 * MB, **CONTENTS[kind])
    with serving(drain) as server, ses(server.url) as connection:
        tracemalloc.start()
        connection.send_messages([email])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert len(server.bodies) == 1
    assert peak < 10 * MB


def drain(server: Server, connection: socket.socket) -> None:
    """Read a request, and keep only that it was whole."""
    start = b""
    while b"\r\n\r\n" not in start:
        start += connection.recv(1024)
    head, _, body = start.lower().partition(b"\r\n\r\n")
    left = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]) - len(body)
    while left and (chunk := connection.recv(MB)):
        left -= len(chunk)
    if not left:
        server.bodies.append(b"")
    respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)


@pytest.mark.parametrize("way", WAYS)
async def test_a_large_email_that_left_is_unknown(way: str) -> None:
    def cut(server: Any, connection: Any) -> None:
        server.read_request(connection)

    with serving(cut) as server:
        status, _ = await send_by(way, ses(server.url), [message(LARGE)])

    assert status.recipients["a@x.io"].state is SendState.UNKNOWN
