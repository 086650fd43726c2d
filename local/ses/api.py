"""The SESv2 REST-JSON send calls, and what all the calls' routes share."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ses import shapes
from local.ses.errors import Refusal, RefusedError, too_many_requests
from local.ses.sending import Caller, Ses

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.switches import Fault

    Call = Callable[[Request, Json], Awaitable[Json]]

_MALFORMED = Refusal(400, "SerializationException", None)


def answer(body: Json, status: int = 200) -> JSONResponse:
    """A JSON answer with a request id, as AWS gives one."""
    return JSONResponse(body, status, headers={"x-amzn-RequestId": str(uuid.uuid4())})


def refusal(error: Refusal) -> JSONResponse:
    """The error code goes into a header, the text into the body."""
    answered = answer({"message": error.message}, error.status)
    answered.headers["x-amzn-ErrorType"] = error.code
    return answered


async def json_body(request: Request) -> Json:
    """The request's JSON object. Raises RefusedError with AWS's SerializationException."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise RefusedError(_MALFORMED) from error
    if not isinstance(body, dict):
        raise RefusedError(_MALFORMED)
    return body


def caller(request: Request, operation: str) -> Caller:
    """The address and the access key of the caller."""
    credential = request.headers.get("authorization", "").partition("Credential=")[2]
    host = request.client.host if request.client else "127.0.0.1"
    return Caller(operation, host, credential.partition("/")[0] or "anonymous")


def checked(operation: str, call: Call) -> Callable[[Request], Awaitable[Response]]:
    """A route that checks the body against the service model and answers JSON."""

    async def endpoint(request: Request) -> Response:
        body = await json_body(request)
        if error := shapes.check(operation, body):
            raise RefusedError(error)
        return answer(await call(request, body))

    return endpoint


def routes(ses: Ses, chance: random.Random) -> list[Route]:
    """SendEmail and SendBulkEmail, behind the switches that make them misbehave."""

    async def send_email(request: Request, body: Json) -> Json:
        return {"MessageId": await ses.send_email(body, caller(request, "SendEmail"))}

    async def send_bulk_email(request: Request, body: Json) -> Json:
        results = await ses.send_bulk_email(body, caller(request, "SendBulkEmail"))
        return {"BulkEmailEntryResults": results}

    def switched(operation: str, call: Call) -> Callable[[Request], Awaitable[Response]]:
        return _misbehaving(ses, chance, checked(operation, call))

    path = "/v2/email/outbound-"
    return [
        Route(f"{path}emails", switched("SendEmail", send_email), methods=["POST"]),
        Route(f"{path}bulk-emails", switched("SendBulkEmail", send_bulk_email), methods=["POST"]),
    ]


def _misbehaving(
    ses: Ses, chance: random.Random, endpoint: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    def strikes(fault: Fault) -> bool:
        if fault.calls:
            fault.calls -= 1
            return True
        return chance.random() < fault.chance

    async def misbehave(request: Request) -> Response:
        switches = ses.switches
        await asyncio.sleep(switches.latency_ms / 1000)
        if strikes(switches.drop_request):
            return await _hang_up(request)
        if strikes(switches.server_error):
            status = switches.server_error.status
            return refusal(Refusal(status, "InternalServiceErrorException", None))
        if strikes(switches.throttle):
            return refusal(too_many_requests(switches.throttle.message))
        answered = await endpoint(request)
        return await _hang_up(request) if strikes(switches.drop_answer) else answered

    return misbehave


async def _hang_up(request: Request) -> Response:
    """Close the connection without an answer, where the server lets us."""
    abort: Any = request.scope.get("local.abort")
    if abort is None:
        return Response(status_code=502)
    await request.body()
    abort()
    # The server notes the lost connection in its next rounds; only then may we return.
    await asyncio.sleep(0.01)
    return Response()
