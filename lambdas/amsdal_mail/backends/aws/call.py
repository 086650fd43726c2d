"""One call of the SDK: whether its request left, and the response or error that it ends with.

The SDK's HTTP clients take the body of a request when they begin to write it. A request without its
body is incomplete (RFC 9112, 8), so a service cannot have carried it out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from amsdal_mail.backends.aws.flow import Call, CallResult, Response
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.status import ConfigurationError, RetryHint, SendState

if TYPE_CHECKING:
    from amsdal_mail.byte_streams import ByteStream

__all__ = [
    "CURRENT",
    "NOT_SENT",
    "TracedBody",
    "Transmission",
    "call_sdk",
    "interrupted",
    "response_to",
    "trace",
]

NOT_SENT = CallResult(
    SendState.FAILED,
    RetryHint.SOON,
    error_code="Cancelled",
    error_message="the send was cancelled before this email was sent",
    is_unsent=True,
)
CUT_OFF = CallResult(
    SendState.UNKNOWN,
    error_code="Cancelled",
    error_message="the send was cancelled before the response arrived",
)

CREDENTIAL_HEADERS = ("Authorization", "X-Amz-Security-Token")
"""Headers with values that are not ours: a service may have given them to the SDK."""

TRACED_CLIENTS: WeakSet[Any] = WeakSet()
"""The clients whose transmissions are noted."""


class Transmission:
    """The way of one call to the network. Its retries by the SDK count as the same call."""

    def __init__(self, client: Any) -> None:
        self._lock = threading.Lock()
        self._is_aborted = False
        # A client that is not traced may have sent the request as soon as it is called.
        self.has_begun = client not in TRACED_CLIENTS

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


def call_sdk(client: Any, call: Call, transmission: Transmission) -> Response:
    """Make the call, and return its response, its error, or the result of a call that never left.

    Any error is a response, and the flow decides what it means. Most are classes of the SDK, but a
    response that is not JSON or not UTF-8 makes its parsers raise others.
    """
    token = CURRENT.set(transmission)
    try:
        response: Response = getattr(client, call.operation)(**call.params)
    except Exception as error:  # noqa: BLE001 - a response too
        return response_to(error, call, transmission)
    finally:
        CURRENT.reset(token)
    return response


def response_to(error: Exception, call: Call, transmission: Transmission) -> Response:
    """Return the error of a call, or the result of a call that never left."""
    # A service has responded, also where a stand-in such as botocore's Stubber sends nothing.
    is_answered = isinstance(error, ResponseParserError) or (
        isinstance(error, ClientError) and xform_name(error.operation_name) == call.operation
    )
    if transmission.has_begun or is_answered:
        return error
    return classify_unsent_error(error)


def interrupted(transmission: Transmission | None) -> CallResult | None:
    """Return the result of the call that was in progress, if there was one."""
    if transmission is None:
        return None
    return CUT_OFF if transmission.abort() else NOT_SENT


class TracedBody:
    """The body of a request. An HTTP client iterates over it when it begins to write it."""

    def __init__(self, content: bytes | ByteStream, transmission: Transmission) -> None:
        self.content = content
        self.transmission = transmission

    def __iter__(self) -> Iterator[bytes]:
        self.transmission.begin()
        if isinstance(self.content, bytes):
            yield self.content
        else:
            yield from self.content.blocks()

    def seek(self, _position: int) -> None:
        """Rewind, as the SDK does before a retry: the body can be read any number of times."""


def trace(client: Any) -> None:
    """Note from now on when a call of this client leaves. Works for boto3 and aiobotocore."""
    if hasattr(client.meta, "events"):  # a stand-in of tests may have none
        client.meta.events.register("before-send", _before_send)
        TRACED_CLIENTS.add(client)


def _before_send(request: Any, **_: Any) -> None:
    for name in CREDENTIAL_HEADERS:
        value = request.headers.get(name) or b""
        text = value if isinstance(value, bytes) else str(value).encode()
        # The HTTP client would refuse it with an error that shows the value, maybe a token.
        if b"\n" in text or b"\r" in text:
            raise ConfigurationError(f"the value of the header {name} has a line break")
    transmission = CURRENT.get()
    is_body = isinstance(request.body, bytes) or hasattr(request.body, "blocks")
    if transmission is not None and is_body:
        request.body = TracedBody(request.body, transmission)
