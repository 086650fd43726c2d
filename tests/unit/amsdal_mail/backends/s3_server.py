"""A server with objects, as S3 responds: versions by ETag, missing keys and missing permissions."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tests.unit.amsdal_mail.backends.servers import Server, respond

__all__ = ["S3Stub", "etag"]


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class S3Stub:
    """Handles the requests of a Server. `objects` is keyed by `bucket/key`."""

    def __init__(self, objects: Mapping[str, bytes], denied: str = "denied/") -> None:
        self.objects = dict(objects)
        self.denied = denied
        self.requests: list[str] = []

    def __call__(self, server: Server, connection: socket.socket) -> None:
        seen = len(server.request_lines)
        while server.read_request(connection):
            method, path, _ = server.request_lines[-1].split(" ")
            assert len(server.request_lines) > seen
            head = server.heads[-1]
            self.requests.append(f"{method} {path}")
            self._answer(server, connection, method, unquote(path.partition("?")[0])[1:], head)

    def _answer(
        self,
        server: Server,
        connection: socket.socket,
        method: str,
        name: str,
        head: Mapping[str, str],
    ) -> None:
        def fail(status: bytes, code: str) -> None:
            body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
            respond(status, body)(server, connection)

        if name.startswith(self.denied):
            return fail(b"403 Forbidden", "AccessDenied")
        if method == "PUT":
            self.objects[name] = server.bodies[-1]
            tag = etag(self.objects[name]).encode()
            return respond(b"200 OK", b"", b'ETag: "' + tag + b'"\r\n')(server, connection)
        content = self.objects.get(name)
        if content is None:
            return fail(b"404 Not Found", "NoSuchKey")
        wanted: Any = head.get("if-match")
        if wanted and wanted.strip('"') != etag(content):
            return fail(b"412 Precondition Failed", "PreconditionFailed")
        header = f'ETag: "{etag(content)}"\r\n'.encode()
        return respond(b"200 OK", content, header)(server, connection)
