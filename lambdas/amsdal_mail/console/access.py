"""Who may use the console: a browser that got the one-time address, and no other page."""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from amsdal_mail.console.responses import HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["TOKEN", "OneTimeAccess"]

USED = (
    "This address was used already, or it is of an earlier start. Each works once. Go back to the"
    " tab that is open, or start the console again."
)
NO_ACCESS = "Open the address that `amsdal-mail console` printed."
TOKEN = "token"  # noqa: S105 - the name of the parameter
CROSS_SITE = frozenset({"cross-site", "same-site"})


class OneTimeAccess:
    """Middleware that lets one browser in.

    The first request with the token gets a cookie, and the token is worth nothing afterwards. The
    cookie is not for scripts, and not for requests that another page starts. It ends with the
    browser, and with this process.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token: str | None = token
        self._session = secrets.token_urlsafe(32)
        # Cookies do not tell ports apart: two consoles need two names.
        self._cookie = f"amsdal_mail_console_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond in its place."""
        response = self._response(scope) if scope["type"] == "http" else None
        await (response or self._app)(scope, receive, send)

    def _response(self, scope: Scope) -> Response | None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["path"] == "/" and TOKEN in query:
            return self._enter(query[TOKEN][0])
        if not self._has_session(scope):
            return PlainTextResponse(NO_ACCESS, 403, headers=HEADERS)
        # A page at another port of this machine is of the same site: it gets the cookie sent.
        if Headers(scope=scope).get("sec-fetch-site", "none") in CROSS_SITE:
            return PlainTextResponse(NO_ACCESS, 403, headers=HEADERS)
        return None

    def _enter(self, token: str) -> Response:
        # Only what this process made is compared: it is ASCII.
        if self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            return PlainTextResponse(USED, 403, headers=HEADERS)
        self._token = None
        response = RedirectResponse("/", 303, headers=HEADERS)
        response.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return response

    def _has_session(self, scope: Scope) -> bool:
        for value in Headers(scope=scope).getlist("cookie"):
            try:
                cookies = SimpleCookie(value)
            except CookieError:
                continue
            if found := cookies.get(self._cookie):
                return hmac.compare_digest(found.value.encode(), self._session.encode())
        return False
