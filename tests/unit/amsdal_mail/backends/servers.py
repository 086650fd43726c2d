"""Servers that behave badly at a chosen moment, and the connections that call them."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from amsdal_mail import ConfigurationError, EmailMessage, SendStatus
from amsdal_mail.backends.base import BaseBackend
from amsdal_mail.backends.ses import SESBackend

__all__ = [
    "SHORT",
    "Handle",
    "Server",
    "abort",
    "accept_mail",
    "close",
    "hang",
    "reset",
    "respond",
    "self_signed",
    "send_by",
    "serving",
    "ses",
    "tls",
]

Handle = Callable[["Server", socket.socket], None]
ACCEPTED = json.dumps({"MessageId": "0100-a"}).encode()
SHORT: dict[str, Any] = {"connect_timeout": 0.5, "read_timeout": 0.5}
"""Timeouts of a connection to a server that never answers."""


class Server:
    """A server on a free port of this machine, and the bodies of the requests that arrived."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.bodies: list[bytes] = []
        self.request_lines: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.is_over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self._handle(self, connection)

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request, and return whether there was one."""
        head, data = b"", b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.request_lines.append(lines[0])
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        self.heads.append(headers)
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            body += connection.recv(65536)
        if length:
            self.bodies.append(body)
        return True

    def close(self) -> None:
        self.is_over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def serving(handle: Handle) -> Iterator[Server]:
    server = Server(handle)
    try:
        yield server
    finally:
        server.close()


def accept_mail(server: Server, connection: socket.socket) -> None:
    while server.read_request(connection):
        respond(b"200 OK", ACCEPTED)(server, connection)


def respond(status: bytes, body: bytes = b"{}", headers: bytes = b"") -> Handle:
    def handle(_server: Server, connection: socket.socket) -> None:
        head = b"HTTP/1.1 " + status + b"\r\ncontent-length: " + str(len(body)).encode()
        connection.sendall(head + b"\r\n" + headers + b"\r\n" + body)

    return handle


def close(_server: Server, connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(server: Server, connection: socket.socket) -> None:
    connection.recv(1)
    abort(server, connection)


def abort(_server: Server, connection: socket.socket) -> None:
    """Let the close of the connection send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(server: Server, connection: socket.socket) -> None:
    server.is_over.wait(10)


def tls(handle: Handle, certificate: Path) -> Handle:
    """Return the handler behind TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handle_tls(server: Server, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            handle(server, wrapped)

    return handle_tls


def self_signed(folder: Path) -> Path:
    """Return the file of a new certificate for 127.0.0.1, and of its key."""
    file = folder / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", file],
        check=True,
        capture_output=True,
    )
    return file


def ses(url: str | None = None, **options: Any) -> SESBackend:
    given = {
        "region_name": "eu-west-1",
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "the-secret-key",
        "endpoint_url": url,
        "connect_timeout": 5,
        "read_timeout": 5,
        "max_attempts": 1,
    }
    return SESBackend(**{"environ": {}, **given, **options})


async def send_by(
    way: str, backend: BaseBackend, messages: list[EmailMessage]
) -> tuple[SendStatus, ConfigurationError | None]:
    """Send in sync or async code; return the status, and the error that carried it."""
    try:
        if way == "sync":
            return backend.send_messages(messages), None
        return await backend.asend_messages(messages), None
    except ConfigurationError as error:
        return error.status or SendStatus({}), error
