"""The routes of the inbox: its pages, files and forms, and the address of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from amsdal_mail.console import responses
from amsdal_mail.console.templating import HERE, render
from local.inbox import message_pages, suppression_pages, template_pages
from local.inbox.deployed_stack import StackAddress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from local.inbox.context import Inbox

    Page = Callable[[Inbox, Request], Awaitable[Response]]

__all__ = ["routes"]

PAGES: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/", message_pages.index),
    ("GET", "/messages/{id}", message_pages.detail),
    ("GET", "/messages/{id}/html", message_pages.html),
    ("GET", "/messages/{id}/raw", message_pages.raw),
    ("GET", "/messages/{id}/parts/{number:int}", message_pages.file),
    ("POST", "/messages/{id}/simulate", message_pages.simulate),
    ("GET", "/parts/rows", message_pages.rows),
    ("GET", "/parts/story/{id}", message_pages.story),
    ("GET", "/templates", template_pages.index),
    ("GET", "/templates/{name}", template_pages.detail),
    ("GET", "/templates/{name}/html", template_pages.html),
    ("GET", "/suppression", suppression_pages.index),
    ("POST", "/suppression/add", suppression_pages.add),
    ("POST", "/suppression/remove", suppression_pages.remove),
)


def routes(inbox: Inbox) -> list[BaseRoute]:
    """Return the inbox at /, and `PUT /_local/stack`."""

    async def connect(request: Request) -> Response:
        try:
            inbox.stack.connect(StackAddress.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_url=False)}, 400)
        return JSONResponse({"status": "connected"})

    return [
        Route("/_local/stack", connect, methods=["PUT"]),
        *(Route(path, _endpoint(inbox, page), methods=[method]) for method, path, page in PAGES),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def _endpoint(inbox: Inbox, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return await page(inbox, request)
        except HTTPException as error:
            values = inbox.frame_values("") | {"text": error.detail, "status": error.status_code}
            return responses.page(render("problem.html", **values), error.status_code)

    return respond
