"""The two send calls as routes, behind the switches that make them misbehave."""

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


async def _send_email(ses: Simulator, request: Request, body: Json) -> Json:
    return {"MessageId": await send_email(ses, body, protocol.caller(request, "SendEmail"))}


async def _send_bulk_email(ses: Simulator, request: Request, body: Json) -> Json:
    caller = protocol.caller(request, "SendBulkEmail")
    return {"BulkEmailEntryResults": await send_bulk_email(ses, body, caller)}


def routes(ses: Simulator, chance: random.Random) -> list[Route]:
    """SendEmail and SendBulkEmail."""
    calls = (
        ("emails", "SendEmail", _send_email),
        ("bulk-emails", "SendBulkEmail", _send_bulk_email),
    )
    return [
        Route(
            f"/v2/email/outbound-{path}",
            _misbehaving(ses, chance, protocol.endpoint(ses, operation, call)),
            methods=["POST"],
        )
        for path, operation, call in calls
    ]


def _misbehaving(
    ses: Simulator, chance: random.Random, endpoint: protocol.Endpoint
) -> protocol.Endpoint:
    async def misbehave(request: Request) -> Response:
        switches = ses.switches
        await asyncio.sleep(switches.latency_ms / 1000)
        if _strikes(switches.drop_request, chance):
            ses.counts["dropped requests"] += 1
            return await _hang_up(request)
        if _strikes(switches.server_error, chance):
            status = switches.server_error.status
            return protocol.refused(ses, Refusal(status, "InternalServiceErrorException", None))
        if _strikes(switches.throttle, chance):
            return protocol.refused(ses, too_many_requests(switches.throttle.message))
        answered = await endpoint(request)
        if answered.status_code == 200 and _strikes(switches.drop_answer, chance):
            ses.counts["dropped answers"] += 1
            return await _hang_up(request)
        return answered

    return misbehave


def _strikes(fault: Fault, chance: random.Random) -> bool:
    if fault.calls:
        fault.calls -= 1
        return True
    return chance.random() < fault.chance


async def _hang_up(request: Request) -> Response:
    """Close the connection without an answer."""
    await request.body()
    abort: Any = request.scope["local.abort"]
    abort()
    # The server notes the lost connection in its next rounds; only then may this return.
    await asyncio.sleep(0.01)
    return Response()
