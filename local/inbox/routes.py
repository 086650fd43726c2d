"""The routes of the inbox: the console over the local AWS, and the simulator's own pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.routing import Route

from amsdal_mail.console import app
from amsdal_mail.console.context import Console, Extension, Section
from local.inbox.simulate_pages import SIMULATED_EVENTS, simulate_page
from local.inbox.source import LocalSource
from local.inbox.stack import StackAddress
from local.inbox.suppress_pages import REASONS, suppress_page
from local.inbox.switch_pages import change_page, switches_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from local.ses.sending.simulator import Simulator

__all__ = ["routes"]


def routes(ses: Simulator, source: LocalSource | None = None) -> list[BaseRoute]:
    """Return the inbox at /, and `PUT /_local/stack`. `source` is one over the simulator."""
    data = source or LocalSource(ses)

    async def connect(request: Request) -> Response:
        try:
            data.connect(StackAddress.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_url=False)}, 400)
        return JSONResponse({"status": "connected"})

    extension = Extension(
        folder=Path(__file__).parent / "templates",
        sections=(Section("simulator", "Simulator", "/simulator"),),
        panels={"email": "simulate.html", "suppressions": "suppress.html"},
        values={"simulated_events": SIMULATED_EVENTS, "reasons": REASONS},
        pages=(
            ("POST", "/messages/{id}/simulate", simulate_page(ses)),
            ("POST", "/suppressions/add", suppress_page(ses)),
            ("GET", "/simulator", switches_page(ses)),
            ("POST", "/simulator", change_page(ses)),
        ),
        routes=(Route("/_local/stack", connect, methods=["PUT"]),),
    )
    return app.routes(Console(data, allow_changes=True, extension=extension))
