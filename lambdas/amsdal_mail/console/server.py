"""The server of the console: on loopback, for one browser, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from amsdal_mail.console.access import TOKEN, OneTimeAccess
from amsdal_mail.console.app import routes
from amsdal_mail.console.loopback_only import LoopbackOnly

if TYPE_CHECKING:
    from collections.abc import Callable

    from amsdal_mail.console.context import Console

__all__ = ["LOOPBACK", "build_app", "listen", "prepare", "serve"]

LOOPBACK = "127.0.0.1"


def build_app(console: Console, token: str, port: int) -> Starlette:
    """Return the application: for requests of this machine, with the one-time token."""
    guards = [Middleware(LoopbackOnly), Middleware(OneTimeAccess, token=token, port=port)]
    return Starlette(routes=routes(console), middleware=guards)


def listen(port: int) -> socket.socket:
    """Return a socket on loopback; 0 takes a free port. Raises OSError for a port in use."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def prepare(console: Console, port: int) -> tuple[uvicorn.Server, str]:
    """Return the server for a socket of that port, and the address with its one-time token."""
    token = secrets.token_urlsafe(32)
    config = uvicorn.Config(
        build_app(console, token, port),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config), f"http://{LOOPBACK}:{port}/?{TOKEN}={token}"


def serve(console: Console, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serve until a signal. `on_ready` gets the address with the one-time token."""
    server, address = prepare(console, listener.getsockname()[1])
    on_ready(address)
    server.run(sockets=[listener])
