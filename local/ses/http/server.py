"""uvicorn's HTTP protocol with one more right: to close a connection without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette


class AbortableProtocol(H11Protocol):
    """Puts `local.abort` into the scope of each request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the application for this connection."""
        super().connection_made(transport)
        app = self.app

        async def abortable(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "local.abort": transport.abort}, receive, send)

        self.app = abortable


def build_server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    """A server on loopback that logs warnings only."""
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
