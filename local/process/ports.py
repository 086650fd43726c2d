"""The loopback ports on which the local AWS listens."""

from __future__ import annotations

import argparse
import socket

__all__ = ["LOOPBACK", "PortInUseError", "free_port", "port_number", "require_free"]

LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535


class PortInUseError(RuntimeError):
    """Another process listens on the requested port."""

    def __init__(self, port: int, purpose: str, option: str) -> None:
        super().__init__(
            f"port {port} on {LOOPBACK} is in use, and {purpose} needs it. Is another local AWS "
            f"running? Stop it, or choose another port: {option}"
        )
        self.port = port


def port_number(text: str) -> int:
    """Parse a port of the command line; the `type` of an argparse argument."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"must be a port from 1 to {MAX_PORT}, not {text!r}")
    return int(text)


def free_port() -> int:
    """Return a free port that the operating system chooses. It is not reserved."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, *, purpose: str, option: str) -> None:
    """Raise `PortInUseError` when `port` is in use. Connections in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUseError(port, purpose, option) from error
