"""The REST-JSON protocol: request bodies, responses, error codes."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ses.errors import Refusal, RefusedError, too_many_requests
from local.ses.http import shapes
from local.ses.sending.acceptance import Caller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator

    Call = Callable[[Simulator, Request, Json], Awaitable[Json]]
    Endpoint = Callable[[Request], Awaitable[Response]]

__all__ = [
    "Endpoint",
    "caller",
    "endpoint",
    "refuse_call",
    "routes",
]

MALFORMED_BODY = Refusal(400, "SerializationException", None)


def json_response(body: Json, status: int = 200) -> Response:
    """Return a JSON response with a request id, as AWS sends it."""
    return JSONResponse(body, status, headers={"x-amzn-RequestId": str(uuid.uuid4())})


def error_response(error: Refusal) -> Response:
    """Return an error response: the code in a header, the text in the body."""
    response = json_response({"message": error.message}, error.status)
    response.headers["x-amzn-ErrorType"] = error.code
    return response


async def json_body(request: Request) -> Json:
    """Return the JSON object of a request. Raises RefusedError (SerializationException)."""
    content = await request.body() or b"{}"
    try:
        body = json.loads(content)
        if b"\\ud" in content.lower():
            # A single surrogate is valid JSON and not valid text.
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RefusedError(MALFORMED_BODY) from error
    if not isinstance(body, dict):
        raise RefusedError(MALFORMED_BODY)
    return body


def caller(request: Request, operation: str, action: str = "ses:SendEmail") -> Caller:
    """Return the address and the access key of the caller, for an IAM action."""
    credential = request.headers.get("authorization", "").partition("Credential=")[2]
    host = request.client.host if request.client else "127.0.0.1"
    return Caller(operation, host, credential.partition("/")[0] or "anonymous", action)


def endpoint(ses: Simulator, operation: str, call: Call) -> Endpoint:
    """Return an endpoint that checks the body by the service model and makes the call."""

    async def respond(request: Request) -> Response:
        try:
            body = await json_body(request)
            if error := shapes.check(operation, body):
                return refuse_call(ses, error)
            return json_response(await call(ses, request, body))
        except RefusedError as error:
            return refuse_call(ses, error.error)

    return respond


def refuse_call(ses: Simulator, error: Refusal) -> Response:
    """Count a refused call by its code, and return its response."""
    ses.counts[error.code] += 1
    return error_response(error)


def routes(ses: Simulator, table: Iterable[tuple[str, str, str, Call]]) -> list[Route]:
    """Return the routes of a table of method, path below /v2/email, operation and call."""
    return [
        Route(f"/v2/email{path}", _limited(ses, operation, call), methods=[method])
        for method, path, operation, call in table
    ]


def _limited(ses: Simulator, operation: str, call: Call) -> Endpoint:
    unlimited = endpoint(ses, operation, call)

    async def respond(request: Request) -> Response:
        rate = ses.account.api_rates[operation]
        if rate.consume(1, ses.switches.api_rate, ses.now()):
            return await unlimited(request)
        return refuse_call(ses, too_many_requests("Rate exceeded"))

    return respond
