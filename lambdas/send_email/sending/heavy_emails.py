"""The gate of heavy emails: a worker has the memory for a few of them at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from send_email.sending.errors import ExpectedError

__all__ = ["HeavyEmailGate", "NoRoomError"]

AT_ONCE = 2
"""Emails of 40 MB, each with up to three times its size in memory, that 512 MB have room for."""


class NoRoomError(ExpectedError):
    """Other heavy emails take the time of this invocation. The same email can be sent later."""


class HeavyEmailGate:
    """Lets a few heavy emails of a worker through at once. Thread-safe."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def room(self, seconds: float) -> Iterator[None]:
        """Hold a place in the block.

        Raises:
            NoRoomError: there is no place within so many seconds.
        """
        if not self._places.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX)):
            raise NoRoomError("other heavy emails take the time of this invocation")
        try:
            yield
        finally:
            self._places.release()
