"""A stub of SES, DynamoDB, SQS and EventBridge that accepts everything, at once or later.

`python -m tests.bench.stub_server` prints its port, and ends with its standard input. It does as
little as it can, because the bench measures its clients. It has two calls, by POST:
/_latency {operation: seconds, "": seconds of all others}; /_recorded: the calls since it was last
asked, as [operation, request].
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from tests.bench.stub_responses import RESPONSES

Json = dict[str, Any]
HEAD_END = b"\r\n\r\n"
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"x-amzn-RequestId: 52fdfc07-2182-454f-963f-5f0f9a621d72\r\nContent-Length: %d\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """The connection of a client, whose requests follow each other."""

    latency: ClassVar[dict[str, float]] = {}
    recorded: ClassVar[list[tuple[str, Json]]] = []

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := _whole_request(self._received)) is not None:
            head, body, self._received = request
            self._respond(head, body)

    def _respond(self, head: bytes, body: bytes) -> None:
        operation, request = _operation(head), json.loads(body or b"{}")
        if operation in OWN:
            self._transport.write(_response(json.dumps(OWN[operation](request)).encode()))
            return
        Connection.recorded.append((operation, request))
        response = _response(json.dumps(RESPONSES[operation](request)).encode())
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


OWN: dict[str, Callable[[Json], Any]] = {"_latency": _set_latency, "_recorded": _recorded}


def _whole_request(received: bytes) -> tuple[bytes, bytes, bytes] | None:
    head, end, rest = received.partition(HEAD_END)
    if not end:
        return None
    length = int(_header(head, b"content-length") or 0)
    if len(rest) < length:
        return None
    return head, rest[:length], rest[length:]


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
