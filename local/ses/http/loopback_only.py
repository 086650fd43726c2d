"""Who may call: only pages and programs that name this machine, and no other web page's forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_READING = frozenset({"GET", "HEAD"})


class LoopbackOnly:
    """Answers 403 to what a web page elsewhere could make a browser send to this machine.

    A Host that is none of ours is another site's name pointed at 127.0.0.1 (DNS rebinding); a
    writing request with another page's Origin is a forged one. Programs send neither.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = NAMES | set(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] == "http" and (reason := self._refusal(scope)):
            await PlainTextResponse(reason, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return f"The local SES is not called {host!r}."
        if scope["method"] in _READING:
            return None
        site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
        if site in {"none", "same-origin"} and origin in {None, f"http://{host}"}:
            return None
        return "Another web page may not change anything here."


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
