"""The ASGI application: the SESv2 calls, tracked links, the control path."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from amsdal_mail.console.loopback_only import LoopbackOnly
from local.ses.errors import Refusal
from local.ses.http import (
    account_calls,
    configuration_set_calls,
    control,
    protocol,
    send_calls,
    suppression_calls,
    template_calls,
    tracking_calls,
)

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from local.ses.sending.simulator import Simulator

__all__ = ["build_app"]


def build_app(
    ses: Simulator,
    rng: random.Random,
    *,
    more_routes: Iterable[BaseRoute] = (),
    host: str = "localhost",
) -> Starlette:
    """Return the application of an account.

    `rng` decides the random faults. `more_routes` are routes of other parts of the local AWS.
    `host` is a further name of this machine.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await ses.publisher.stop()
        await ses.handlebars.stop()

    async def unknown(request: Request) -> Response:
        text = f"The local SES has no call {request.method} {request.url.path}"
        return protocol.refuse_call(ses, Refusal(404, "UnknownOperationException", text))

    calls = (
        *template_calls.CALLS,
        *suppression_calls.CALLS,
        *account_calls.CALLS,
        *configuration_set_calls.CALLS,
    )
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    routes = [
        *send_calls.routes(ses, rng),
        *protocol.routes(ses, calls),
        *tracking_calls.routes(ses),
        *more_routes,
        Mount("/_local", routes=control.routes(ses)),
        Route("/v2/{path:path}", unknown, methods=methods),
    ]
    guard = Middleware(LoopbackOnly, names=[host])
    return Starlette(routes=routes, lifespan=lifespan, middleware=[guard])
