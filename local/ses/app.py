"""The simulator as one ASGI application: the SESv2 routes and the control path."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount

from local.ses import api, control
from local.ses.errors import RefusedError

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from local.ses.sending import Ses


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return api.refusal(error.error)


def build(ses: Ses, chance: random.Random) -> Starlette:
    """The application over one account; `chance` decides the switches' random faults."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await ses.publisher.stop()
        await ses.handlebars.stop()

    routes = [
        *api.routes(ses, chance),
        Mount("/_local", routes=control.routes(ses)),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={RefusedError: _refused})
    app.state.ses = ses
    return app
