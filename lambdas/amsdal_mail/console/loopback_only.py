"""Refuses requests that a web page elsewhere could make a browser send to this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["LoopbackOnly"]

NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
READ_METHODS = frozenset({"GET", "HEAD"})


class LoopbackOnly:
    """Middleware that returns 403 to requests of other web pages.

    A foreign Host is another site's name that points at 127.0.0.1 (DNS rebinding). A writing
    request with a foreign Origin is forged. Programs send neither.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = NAMES | set(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or return 403."""
        if scope["type"] == "http" and (reason := self._refusal(scope)):
            await PlainTextResponse(reason, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return f"This page does not serve the host {host!r}."
        if scope["method"] in READ_METHODS:
            return None
        site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
        if site in {"none", "same-origin"} and origin in {None, f"http://{host}"}:
            return None
        return "Another web page may not change anything here."


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
