"""A stub of SES, DynamoDB, SQS and EventBridge that accepts everything, at once or later.

`python -m tests.bench.stub_server` prints its port, and ends with its standard input. It does as
little as it can, because the bench measures its clients. It has three calls, by POST:
/_latency {operation: seconds, "": seconds of all others}; /_recorded: the calls since it was last
asked, as [operation, request]; /_keep: the table keeps its items from now on.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from tests.bench.stub_responses import RESPONSES, object_etag, stored_object

Json = dict[str, Any]
HEAD_END = b"\r\n\r\n"
HEAD_LIMIT = 16 * 1024
LARGE_BODY = 5_000_000
"""Bytes of a body that is not read: only the email of another part of the bench is larger."""
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"x-amzn-RequestId: 52fdfc07-2182-454f-963f-5f0f9a621d72\r\nContent-Length: %d\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """The connection of a client, whose requests follow each other."""

    latency: ClassVar[dict[str, float]] = {}
    recorded: ClassVar[list[tuple[str, Json]]] = []
    table: ClassVar[dict[str, Callable[[Json], Json]]] = {}
    """The responses of a table that keeps its items."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= self._wanted and self._received:
            head, end, _ = self._received[:HEAD_LIMIT].partition(HEAD_END)
            if not end:
                return
            start = len(head) + len(end)
            self._wanted = start + int(_header(bytes(head), b"content-length") or 0)
            if len(self._received) < self._wanted:
                return
            body = bytes(self._received[start : self._wanted])
            del self._received[: self._wanted]
            self._wanted = 0
            self._respond(bytes(head), body)

    def _respond(self, head: bytes, body: bytes) -> None:
        if b" /bench-contents/" in head.partition(b"\r\n")[0]:
            self._transport.write(_object_response(head))
            return
        small = body if len(body) < LARGE_BODY else b""
        operation, request = _operation(head), json.loads(small or b"{}")
        if operation in OWN:
            self._transport.write(_response(json.dumps(OWN[operation](request)).encode()))
            return
        Connection.recorded.append((operation, request))
        respond = Connection.table.get(operation) or RESPONSES[operation]
        response = _response(json.dumps(respond(request)).encode())
        seconds = Connection.latency.get(operation, Connection.latency.get("", 0))
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._transport.write, response)
        else:
            self._transport.write(response)


def _set_latency(latency: Json) -> Json:
    Connection.latency = latency
    return {}


def _recorded(_request: Json) -> list[tuple[str, Json]]:
    recorded, Connection.recorded = Connection.recorded, []
    return recorded


def _keep(_request: Json) -> Json:
    # It needs botocore, which the other parts of the bench do without.
    from tests.routes.fake_aws import FakeAWS

    aws = FakeAWS()
    Connection.table = {
        "PutItem": aws.PutItem,
        "UpdateItem": aws.UpdateItem,
        "BatchGetItem": aws.BatchGetItem,
    }
    return {}


OWN: dict[str, Callable[[Json], Any]] = {
    "_latency": _set_latency,
    "_recorded": _recorded,
    "_keep": _keep,
}


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    return head[start + len(name) + 3 :].partition(b"\r\n")[0].strip()


def _operation(head: bytes) -> str:
    """Return the name of the operation, or the path: SESv2 sends no names."""
    target = _header(head, b"x-amz-target").decode()
    path = head.split(b" ", 2)[1].decode()
    return target.rpartition(".")[2] or path.rpartition("/")[2]


def _object_response(head: bytes) -> bytes:
    """Return the response of S3: an object for GET, nothing for DELETE."""
    method, path, _ = head.split(b" ", 2)
    name = path.rpartition(b"/")[2].partition(b"?")[0].decode()
    content = stored_object(name) if method == b"GET" else b""
    etag = f'ETag: "{object_etag(name)}"\r\n'.encode()
    first, _, rest = (HEAD % len(content)).partition(b"\r\n")
    return first + b"\r\n" + etag + rest + content


def _response(content: bytes) -> bytes:
    return HEAD % len(content) + content


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, partial(sys.stdin.buffer.read))
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
