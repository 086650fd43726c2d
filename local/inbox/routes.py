"""The inbox as routes of the simulator: its pages, files, forms, and where the stack is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.inbox import message_pages, responses, suppression_pages, template_pages
from local.inbox.deployed_stack import StackAddress
from local.inbox.templating import HERE, render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from local.inbox.context import Inbox

    Call = Callable[[Inbox, Request], Awaitable[Response]]


CALLS: tuple[tuple[str, str, Call], ...] = (
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
    """The inbox at /, and `PUT /_local/stack`."""

    async def move(request: Request) -> Response:
        try:
            inbox.stack.connect(StackAddress.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_url=False)}, 400)
        return JSONResponse({"status": "the inbox asks this stack"})

    return [
        Route("/_local/stack", move, methods=["PUT"]),
        *(Route(path, _endpoint(inbox, call), methods=[way]) for way, path, call in CALLS),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def _endpoint(inbox: Inbox, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def answering(request: Request) -> Response:
        try:
            return await call(inbox, request)
        except HTTPException as error:
            values = inbox.common("") | {"text": error.detail}
            return responses.page(render("problem.html", **values), error.status_code)

    return answering
