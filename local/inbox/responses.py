"""The answers of the inbox with the headers that keep mail and other web pages out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.inbox import mail_frame

if TYPE_CHECKING:
    from starlette.requests import Request

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Stricter, and a browser calls the origin of our own forms null.
    "Referrer-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


def page(html: str, status: int = 200) -> Response:
    """One of our own pages."""
    return HTMLResponse(html, status, headers={**_ALWAYS, "Content-Security-Policy": _PAGE_POLICY})


def frame(html: str, *image_sources: str) -> Response:
    """A stranger's HTML, to be shown in a sandboxed frame."""
    policy = {"Content-Security-Policy": mail_frame.policy(*image_sources)}
    return HTMLResponse(html, headers={**_ALWAYS, **policy, "Referrer-Policy": "no-referrer"})


def download(content: bytes, media_type: str, filename: str) -> Response:
    """A file that the browser saves, and never shows as a page of ours."""
    known = media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"
    headers = {
        **_ALWAYS,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
    }
    return Response(content, media_type=known, headers=headers)


def redirect_back(request: Request, path: str) -> Response:
    """After a form: the page again, or nothing for a script that looks for itself."""
    if request.headers.get("accept") == "application/json":
        return Response(status_code=204, headers=_ALWAYS)
    return RedirectResponse(path, 303, headers=_ALWAYS)
