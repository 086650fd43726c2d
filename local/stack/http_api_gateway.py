"""What Amazon API Gateway does in front of an HTTP API and MiniStack leaves out.

- A request that takes 30 seconds gets the gateway's own 503, while the function runs on.
  https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
- A wrong SigV4 signature gets 403. MiniStack accepts each signature, unless its own AUTH is on.
  https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
- The path ends at an encoded question mark.

For tests, a PUT of `{"early_every": 5, "early_seconds": 0.5}` to CONTROL_PATH lets the gateway end
each fifth call after half a second; 0 stops that. Its response and that of a GET have the counts.

This module runs in MiniStack's own environment.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from local.stack.local_requests import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.stack.local_requests import App, Message, Receive, Send

__all__ = ["HTTPAPIGateway", "signature_error", "whole_body"]

TIMEOUT_SECONDS = 30.0
CLOCK_TOLERANCE = timedelta(minutes=5)
SECRET = "test"  # noqa: S105 - the only secret key of the local AWS
CONTROL_PATH = b"/_local/gateway"
API_PATH = b"/_aws/execute-api/"
API_HOST = re.compile(r"[a-z0-9]+\.execute-api\.")
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)"
    r"/(?P<service>[^/]+)/aws4_request, *SignedHeaders=(?P<headers>[^,]+)"
    r", *Signature=(?P<signature>\w+)"
)
ENCODED_QUESTION_MARK = re.compile(rb"%3f", re.IGNORECASE)


class HTTPAPIGateway:
    """An ASGI application in front of MiniStack. Other requests than API calls pass unchanged."""

    def __init__(
        self,
        app: App,
        *,
        checks_signatures: bool = True,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.app = app
        self.checks_signatures = checks_signatures
        self.timeout = timeout
        self.clock = clock
        self.early_every = 0
        self.early_seconds = timeout
        self.calls = 0
        self.ended = 0
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Check the signature, pass the request on, and respond after 30 seconds at the latest."""
        if scope["type"] == "http" and raw_path(scope) == CONTROL_PATH:
            await self._control(scope["method"], await whole_body(receive), send)
            return
        if scope["type"] != "http" or not is_api_call(scope):
            await self.app(scope, receive, send)
            return
        body = await whole_body(receive)
        if self.checks_signatures and signature_error(scope, body, self.clock()):
            await respond(send, 403, {"message": "Forbidden"})
            return
        await self._forward(without_encoded_query(scope), body, send)

    async def _control(self, method: str, body: bytes, send: Send) -> None:
        if method == "PUT":
            change = json.loads(body)
            self.early_every = int(change["early_every"])
            self.early_seconds = float(change["early_seconds"])
        await respond(send, 200, {"calls": self.calls, "ended": self.ended})

    def _next_timeout(self) -> float:
        self.calls += 1
        is_early = self.early_every and self.calls % self.early_every == 0
        return self.early_seconds if is_early else self.timeout

    async def _forward(self, scope: Message, body: bytes, send: Send) -> None:
        """Collect the response of the function; the gateway has no streaming."""
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        task = asyncio.create_task(self.app(scope, receive, collect))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        finished_tasks, _ = await asyncio.wait({task}, timeout=self._next_timeout())
        if not finished_tasks:
            self.ended += 1
            await respond(send, 503, {"message": "Service Unavailable"})
            return
        task.result()
        for message in messages:
            await send(message)


def is_api_call(scope: Message) -> bool:
    """Return whether the request goes to an HTTP API, by its path or its host name."""
    host = headers_of(scope).get("host", "")
    return raw_path(scope).startswith(API_PATH) or API_HOST.match(host) is not None


def signature_error(scope: Message, body: bytes, now: datetime) -> str | None:
    """Return why the signature of a signed request is wrong; None for a right or no signature."""
    headers = headers_of(scope)
    authorization = headers.get("authorization", "")
    if not authorization.startswith("AWS4-HMAC-SHA256"):
        return None
    parts = AUTHORIZATION.fullmatch(authorization.strip())
    if parts is None:
        return "the Authorization header cannot be read"
    signed_names = parts["headers"].split(";")
    content_hash = headers.get("x-amz-content-sha256")
    if content_hash is not None and content_hash != hashlib.sha256(body).hexdigest():
        return "X-Amz-Content-SHA256 is not the hash of the body"
    if "host" not in signed_names or any(name not in headers for name in signed_names):
        return "SignedHeaders lacks host, or names a header that is missing"
    if not is_recent(headers.get("x-amz-date", ""), parts["date"], now):
        return "X-Amz-Date is missing or more than five minutes away"
    signed_headers = {name: headers[name] for name in signed_names}
    right_signatures = signatures(scope, body, signed_headers, parts)
    if any(hmac.compare_digest(signature, parts["signature"]) for signature in right_signatures):
        return None
    return "the signature differs"


def is_recent(amz_date: str, scope_date: str, now: datetime) -> bool:
    """Return whether the date of a request is near `now` and on the day of the credential."""
    try:
        sent = datetime.strptime(amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return amz_date.startswith(scope_date) and abs(now - sent) <= CLOCK_TOLERANCE


def signatures(
    scope: Message, body: bytes, signed: Mapping[str, str], parts: re.Match[str]
) -> list[str]:
    """Return the right signatures of a request.

    There are two, because curl does not encode the `$` of the stage. No path on AWS has that `$`.
    """
    request = AWSRequest(
        method=scope["method"],
        url=f"{scope['scheme']}://{signed['host']}{raw_path(scope).decode('latin-1')}",
        params=decoded_query(scope["query_string"].decode("latin-1")),  # type: ignore[arg-type]
        data=body,
        headers=signed,
    )
    request.context["timestamp"] = signed.get("x-amz-date", "")
    signer = ExactSigner(Credentials(parts["key"], SECRET), parts["service"], parts["region"])
    canonical = signer.canonical_request(request)
    as_curl = canonical.replace("/%24default/", "/$default/", 1)
    texts = [signer.string_to_sign(request, text) for text in (canonical, as_curl)]
    return [str(signer.signature(text, request)) for text in texts]


class ExactSigner(SigV4Auth):
    """Signs all headers of a request, where botocore leaves out some."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        """Return all headers."""
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


def decoded_query(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query. AWS decodes and encodes them before it signs."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def without_encoded_query(scope: Message) -> Message:
    """Return the request with a path that ends before an encoded question mark."""
    path = ENCODED_QUESTION_MARK.split(raw_path(scope))[0]
    return {**scope, "raw_path": path, "path": unquote(path.decode("latin-1"))}


def raw_path(scope: Message) -> bytes:
    """Return the path as the client sent it."""
    return bytes(scope.get("raw_path") or scope["path"].encode())


def headers_of(scope: Message) -> dict[str, str]:
    """Return the headers, names in lower case."""
    return decoded(scope["headers"])


async def whole_body(receive: Receive) -> bytes:
    """Return the whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def respond(send: Send, status: int, content: Mapping[str, object]) -> None:
    """Send a response with this JSON. API Gateway has its texts in `message`."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
