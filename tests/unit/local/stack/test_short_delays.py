"""The delays of messages are shortened for a test, and nothing else is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.stack.local_requests import Message
from local.stack.short_delays import ShortDelays


class Queue:
    """An application that keeps the bodies and the lengths of its requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, str]] = []

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = {name: value.decode() for name, value in scope["headers"]}
        self.requests.append((json.loads(body), headers[b"content-length"]))
        assert int(headers[b"content-length"]) == len(body)


async def call(app: ShortDelays, path: str, content: object, target: str = "") -> None:
    body = json.dumps(content).encode()
    headers = [(b"x-amz-target", target.encode()), (b"content-length", str(len(body)).encode())]

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(_message: Message) -> None:
        return None

    await app({"type": "http", "path": path, "headers": headers}, receive, send)


ONE = {"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": 900}
BATCH = {"Entries": [{"Id": "0", "DelaySeconds": 900}, {"Id": "1", "DelaySeconds": 5}, {"Id": "2"}]}
SHORT_BATCH = {
    "Entries": [{"Id": "0", "DelaySeconds": 20}, {"Id": "1", "DelaySeconds": 5}, {"Id": "2"}]
}


@pytest.mark.parametrize(
    ("target", "content", "expected"),
    [
        ("AmazonSQS.SendMessage", ONE, {**ONE, "DelaySeconds": 20}),
        ("AmazonSQS.SendMessageBatch", BATCH, SHORT_BATCH),
        ("AmazonSQS.CreateQueue", ONE, ONE),
    ],
)
async def test_longer_delays_are_shortened(target: str, content: object, expected: object) -> None:
    queue = Queue()
    app = ShortDelays(queue)

    await call(app, "/_local/delays", {"longest_seconds": 20})
    await call(app, "/", content, target)
    await call(app, "/_local/delays", {"longest_seconds": None})
    await call(app, "/", content, target)

    assert [request for request, _ in queue.requests] == [expected, content]
