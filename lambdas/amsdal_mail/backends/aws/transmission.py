"""Notes whether a request left: the SDK's HTTP clients take its body when they begin to write it.

A request without its body is incomplete (RFC 9112, 8), so a service cannot have carried it out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from amsdal_mail.status import ConfigurationError

__all__ = ["CURRENT", "TracedBody", "Transmission", "is_traced", "trace"]


class Transmission:
    """The way of one call to the network. Its retries by the SDK count as the same call."""

    def __init__(self, *, has_begun: bool = False) -> None:
        self._lock = threading.Lock()
        self._is_aborted = False
        self.has_begun = has_begun

    def begin(self) -> None:
        """Note that the SDK now writes the body.

        Raises:
            ConnectionAbortedError: the call was given up before.
        """
        with self._lock:
            if self._is_aborted:
                raise ConnectionAbortedError("the call was cancelled before it was sent")
            self.has_begun = True

    def abort(self) -> bool:
        """Give the call up, and return whether its body may have been written."""
        with self._lock:
            self._is_aborted = True
            return self.has_begun


CURRENT: ContextVar[Transmission | None] = ContextVar("amsdal_mail_transmission", default=None)
"""The transmission of the call that this thread or task makes."""

CREDENTIAL_HEADERS = ("Authorization", "X-Amz-Security-Token")
"""Headers with values that are not ours: a service may have given them to the SDK."""

TRACED_CLIENTS: WeakSet[Any] = WeakSet()


class TracedBody:
    """The body of a request. An HTTP client iterates over it when it begins to write it."""

    def __init__(self, content: bytes, transmission: Transmission) -> None:
        self.content = content
        self.transmission = transmission

    def __iter__(self) -> Iterator[bytes]:
        self.transmission.begin()
        yield self.content

    def seek(self, _position: int) -> None:
        """Rewind, as the SDK does before a retry: the body can be read any number of times."""


def trace(client: Any) -> None:
    """Note from now on when a call of this client leaves. Works for boto3 and aiobotocore."""
    if hasattr(client.meta, "events"):  # a stand-in of tests may have none
        client.meta.events.register("before-send", _before_send)
        TRACED_CLIENTS.add(client)


def is_traced(client: Any) -> bool:
    """Return whether the transmissions of this client are noted. Other clients tell nothing."""
    return client in TRACED_CLIENTS


def _before_send(request: Any, **_: Any) -> None:
    for name in CREDENTIAL_HEADERS:
        value = request.headers.get(name) or b""
        text = value if isinstance(value, bytes) else str(value).encode()
        # The HTTP client would refuse it with an error that shows the value, maybe a token.
        if b"\n" in text or b"\r" in text:
            raise ConfigurationError(f"the value of the header {name} has a line break")
    transmission = CURRENT.get()
    if transmission is not None and isinstance(request.body, bytes):
        request.body = TracedBody(request.body, transmission)
