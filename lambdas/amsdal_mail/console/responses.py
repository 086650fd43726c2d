"""The responses of the console, with headers that isolate mail and other web pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amsdal_mail.console import mail_frame

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["HEADERS", "download", "frame", "is_media_type", "page", "redirect_back"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # With a stricter policy, a browser sends the Origin null with the forms of a page.
    "Referrer-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


def page(html: str, status: int = 200) -> Response:
    """Return a page of the console."""
    return HTMLResponse(html, status, headers={**HEADERS, "Content-Security-Policy": PAGE_POLICY})


def frame(html: str, *image_sources: str) -> Response:
    """Return the HTML of a message, for a sandboxed frame."""
    policy = {"Content-Security-Policy": mail_frame.policy(*image_sources)}
    return HTMLResponse(html, headers={**HEADERS, **policy, "Referrer-Policy": "no-referrer"})


def download(content: bytes, media_type: str, filename: str) -> Response:
    """Return a file that the browser saves and never shows as a page of its own."""
    content_type = media_type if is_media_type(media_type) else "application/octet-stream"
    headers = {
        **HEADERS,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
    }
    return Response(content, media_type=content_type, headers=headers)


def is_media_type(text: str) -> bool:
    """Return whether a header may have the text as its media type."""
    return MEDIA_TYPE.fullmatch(text) is not None


def redirect_back(request: Request, path: str) -> Response:
    """Return a redirect after a form, or an empty response for the script of the page."""
    if request.headers.get("accept") == "application/json":
        return Response(status_code=204, headers=HEADERS)
    return RedirectResponse(path, 303, headers=HEADERS)
