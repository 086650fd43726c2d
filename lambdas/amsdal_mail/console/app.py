"""The routes of the console: its pages, files and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from amsdal_mail.console import (
    api_pages,
    change_pages,
    content_pages,
    email_pages,
    metrics_pages,
    operation_pages,
    responses,
    suppression_pages,
    template_pages,
)
from amsdal_mail.console.source import SourceError
from amsdal_mail.console.templating import HERE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from amsdal_mail.console.context import Console, Page

__all__ = ["routes"]

PAGES: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/", email_pages.index),
    ("GET", "/emails/{id}", email_pages.detail),
    ("GET", "/emails/{id}/html", content_pages.html),
    ("GET", "/emails/{id}/raw", content_pages.raw),
    ("GET", "/emails/{id}/parts/{number:int}", content_pages.part),
    ("POST", "/emails/{id}/resend", change_pages.resend),
    ("POST", "/emails/{id}/cancel", change_pages.cancel),
    ("POST", "/emails/{id}/reschedule", change_pages.reschedule),
    ("GET", "/parts/rows", email_pages.rows),
    ("GET", "/parts/story/{id}", email_pages.story),
    ("GET", "/metrics", metrics_pages.index),
    ("GET", "/templates", template_pages.index),
    ("GET", "/templates/{name}", template_pages.detail),
    ("GET", "/templates/{name}/html", template_pages.html),
    ("GET", "/suppressions", suppression_pages.index),
    ("POST", "/suppressions/remove", suppression_pages.remove),
    ("GET", "/dead-letters", operation_pages.dead_letters),
    ("POST", "/dead-letters/redrive", operation_pages.redrive),
    ("GET", "/doctor", operation_pages.doctor),
    ("GET", "/parts/doctor", operation_pages.findings),
    ("GET", "/api", api_pages.index),
    ("POST", "/api", api_pages.call),
)


def routes(console: Console) -> list[BaseRoute]:
    """Return the routes of all pages, at /."""
    more = console.extension
    pages = (*PAGES, *(more.pages if more else ()))
    return [
        *(more.routes if more else ()),
        *(Route(path, _endpoint(console, page), methods=[verb]) for verb, path, page in pages),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def _endpoint(console: Console, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return await page(console, request)
        except HTTPException as error:
            return _problem(console, request, error.detail, "", error.status_code)
        except SourceError as error:
            return _problem(console, request, error.message, error.cure, error.status)

    return respond


def _problem(console: Console, request: Request, text: str, cure: str, status: int) -> Response:
    if request.url.path.startswith("/parts/"):
        html = console.render("parts/failure.html", text=text, cure=cure)
        return responses.page(html, status)
    html = console.render("problem.html", text=text, cure=cure, status=status)
    return responses.page(html, status)
