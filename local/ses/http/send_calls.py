"""SendEmail and SendBulkEmail as routes, with the faults that the switches ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from local.ses.errors import Refusal, too_many_requests
from local.ses.http import protocol
from local.ses.sending.send_bulk_email import send_bulk_email
from local.ses.sending.send_email import send_email

if TYPE_CHECKING:
    import random

    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator
    from local.ses.switches import Fault

__all__ = ["routes"]


async def _send_email(ses: Simulator, request: Request, body: Json) -> Json:
    return {"MessageId": await send_email(ses, body, protocol.caller(request, "SendEmail"))}


async def _send_bulk_email(ses: Simulator, request: Request, body: Json) -> Json:
    caller = protocol.caller(request, "SendBulkEmail", "ses:SendBulkTemplatedEmail")
    return {"BulkEmailEntryResults": await send_bulk_email(ses, body, caller)}


def routes(ses: Simulator, rng: random.Random) -> list[Route]:
    """Return the routes of SendEmail and SendBulkEmail."""
    calls = (
        ("emails", "SendEmail", _send_email),
        ("bulk-emails", "SendBulkEmail", _send_bulk_email),
    )
    return [
        Route(
            f"/v2/email/outbound-{path}",
            _with_faults(ses, rng, protocol.endpoint(ses, operation, call)),
            methods=["POST"],
        )
        for path, operation, call in calls
    ]


def _with_faults(
    ses: Simulator, rng: random.Random, endpoint: protocol.Endpoint
) -> protocol.Endpoint:
    async def call_with_faults(request: Request) -> Response:
        switches = ses.switches
        await asyncio.sleep(switches.latency_ms / 1000)
        if _occurs(switches.drop_request, rng):
            ses.counts["dropped requests"] += 1
            return await _hang_up(request)
        if _occurs(switches.server_error, rng):
            status = switches.server_error.status
            return protocol.refuse_call(ses, Refusal(status, "InternalServiceErrorException", None))
        if _occurs(switches.throttle, rng):
            return protocol.refuse_call(ses, too_many_requests(switches.throttle.message))
        response = await endpoint(request)
        if response.status_code == 200 and _occurs(switches.drop_response, rng):
            ses.counts["dropped responses"] += 1
            return await _hang_up(request)
        return response

    return call_with_faults


def _occurs(fault: Fault, rng: random.Random) -> bool:
    if fault.calls:
        fault.calls -= 1
        return True
    return rng.random() < fault.chance


async def _hang_up(request: Request) -> Response:
    """Close the connection without a response."""
    await request.body()
    abort: Any = request.scope["local.abort"]
    abort()
    # The server notices the lost connection in its next rounds. This may return only then.
    await asyncio.sleep(0.01)
    return Response()
