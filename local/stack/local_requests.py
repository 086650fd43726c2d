"""Lets in only requests that no foreign web page can send.

MiniStack checks no Host and no Origin, and sends `Access-Control-Allow-Origin: *`. Its functions
are plain processes of the developer. So any web page that the developer visits could create a
function and run code. This module runs in MiniStack's own environment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

__all__ = ["App", "LocalRequestsOnly", "Message", "Receive", "Send", "decoded", "refusal"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]

NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
OWN_SITES = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for a page of MiniStack itself, and for an address that a person typed.

https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""
CORS_PREFIX = b"access-control-"


class LocalRequestsOnly:
    """An ASGI application in front of another one.

    It returns 403 when a request names another host than this machine (DNS rebinding) or comes
    from a web page of another origin. It removes CORS headers from each response.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        reason = refusal(scope["scheme"], decoded(scope["headers"]))
        if reason is None:
            await self.app(scope, receive, without_cors(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": reason.encode()})


def refusal(scheme: str, headers: dict[str, str]) -> str | None:
    """Return why a request with these headers (names in lower case) is refused; None if it is not.

    Programs send neither Origin nor Sec-Fetch-Site. Browsers send at least one of them with each
    request that a page makes.
    """
    host = headers.get("host", "")
    if not is_loopback_name(host):
        return f"The local AWS is not reached by the host name {host!r}."
    origin = headers.get("origin")
    http_scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    if origin is not None and origin != f"{http_scheme}://{host}":
        return "A web page of another origin may not call the local AWS."
    if headers.get("sec-fetch-site", "none") not in OWN_SITES:
        return "Another web page may not call the local AWS."
    return None


def is_loopback_name(host: str) -> bool:
    """Return whether the host, with or without a port, names this machine.

    Browsers resolve each name below `localhost` to loopback (RFC 6761, 6.3): MiniStack uses such
    names for APIs and buckets.
    """
    name, colon, port = host.lower().rpartition(":")
    name = name if colon and port.isdecimal() else host.lower()
    return name in NAMES or name.endswith(".localhost")


def decoded(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers as text, names in lower case. A repeated header becomes a list."""
    result: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        result[key] = f"{result[key]}, {text}" if key in result else text
    return result


def without_cors(send: Send) -> Send:
    """Return `send` without the response headers that let pages of other origins read."""

    async def filtered(message: Message) -> None:
        if "headers" in message:
            kept = [
                header
                for header in message["headers"]
                if not bytes(header[0]).lower().startswith(CORS_PREFIX)
            ]
            message = {**message, "headers": kept}
        await send(message)

    return filtered
