"""The uvicorn server. Its HTTP protocol can close a connection without a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette

__all__ = ["build_server"]


class AbortableProtocol(H11Protocol):
    """The HTTP protocol with `local.abort` in the scope of each request."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # The application of this connection also gets the transport's abort.
        super().connection_made(transport)
        app = self.app

        async def abortable(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "local.abort": transport.abort}, receive, send)

        self.app = abortable


def build_server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    """Return a server that logs warnings only."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=AbortableProtocol,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=2,
        backlog=1024,
    )
    return uvicorn.Server(config)
