"""The control path: switches, kept messages, simulated events, health, reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ses.mime import read
from local.ses.sending import feedback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from local.ses.messages import Json, KeptMessage
    from local.ses.sending.simulator import Simulator

    Call = Callable[[Simulator, Request], Awaitable[Response]]

__all__ = ["routes"]


def message_summary(kept: KeptMessage) -> Json:
    """Return the JSON of a message in the list."""
    message = kept.message
    return {
        "id": message.id,
        "time": message.accepted_at.isoformat(),
        "from": message.source,
        "to": list(message.to),
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "destinations": list(message.destinations),
        "subject": message.listed_subject,
        "is_sensitive": message.is_sensitive,
        "tags": dict(message.tags),
        "configuration_set": message.configuration_set,
        "template": message.template,
        "operation": message.operation,
        "return_path": message.return_path,
        "tenant": message.tenant,
        "endpoint_id": message.endpoint_id,
        "identity_arn": message.identity_arn,
        "rendering_failure": message.rendering_failure,
        "events": [row["event"]["eventType"] for row in kept.events],
    }


def details(kept: KeptMessage) -> Json:
    """Return the JSON of a message with bodies, headers, attachments and whole events."""
    parts = read.read_message(kept.message.mime) if kept.message.mime else {}
    summary = message_summary(kept) | {"subject": kept.message.subject}
    return {**summary, **parts, "events": kept.events}


async def health(ses: Simulator, _request: Request) -> Response:
    """Return 200 as soon as the simulator takes calls."""
    pending = ses.publisher.pending
    return JSONResponse({"status": "ok", "messages_with_pending_events": pending})


async def counts(ses: Simulator, _request: Request) -> Response:
    """Return the numbers of accepted, refused and dropped calls since the start or a reset."""
    return JSONResponse(dict(ses.counts))


async def get_switches(ses: Simulator, _request: Request) -> Response:
    """Return all switches."""
    return JSONResponse(ses.switches.model_dump())


async def put_switches(ses: Simulator, request: Request) -> Response:
    """Merge the given switches. A 400 response names the invalid fields."""
    ses.switches = ses.switches.changed(await _json(request))
    return JSONResponse(ses.switches.model_dump())


async def list_messages(ses: Simulator, request: Request) -> Response:
    """Return the messages, newest first."""
    limit = request.query_params.get("limit", "")
    messages = ses.messages.newest_first()[: int(limit) if limit.isdecimal() else None]
    return JSONResponse({"messages": [message_summary(kept) for kept in messages]})


async def get_message(ses: Simulator, request: Request) -> Response:
    """Return a message with its details."""
    return JSONResponse(details(_kept(ses, request)))


async def get_raw_message(ses: Simulator, request: Request) -> Response:
    """Return the MIME of a message."""
    return Response(_kept(ses, request).message.mime, media_type="message/rfc822")


async def simulate(ses: Simulator, request: Request) -> Response:
    """Simulate an event of a message."""
    message = _kept(ses, request).message
    event = feedback.Feedback.model_validate(await _json(request))
    if event.recipient not in (None, *message.destinations):
        raise HTTPException(400, f"recipient: {event.recipient} is not a recipient of the message")
    step = feedback.event_step(event, message)
    feedback.suppress_recipients(ses, message, step)
    ses.publisher.publish_events(message, [step])
    return JSONResponse({"status": "queued", "kind": step.kind}, 202)


async def reset(ses: Simulator, _request: Request) -> Response:
    """Return the simulator to its start."""
    await ses.reset()
    return JSONResponse({"status": "reset"})


CALLS: tuple[tuple[str, str, Call], ...] = (
    ("GET", "/health", health),
    ("GET", "/counts", counts),
    ("GET", "/switches", get_switches),
    ("PUT", "/switches", put_switches),
    ("GET", "/messages", list_messages),
    ("GET", "/messages/{id}", get_message),
    ("GET", "/messages/{id}/raw", get_raw_message),
    ("POST", "/messages/{id}/events", simulate),
    ("POST", "/reset", reset),
)


def routes(ses: Simulator) -> list[Route]:
    """Return the routes of the control path, below /_local."""
    return [Route(path, _endpoint(ses, call), methods=[method]) for method, path, call in CALLS]


def _endpoint(ses: Simulator, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return await call(ses, request)
        except ValidationError as error:
            return _validation_response(error)
        except HTTPException as error:
            return JSONResponse({"error": error.detail}, error.status_code)

    return respond


def _kept(ses: Simulator, request: Request) -> KeptMessage:
    kept = ses.messages.get(request.path_params["id"])
    if kept is None:
        raise HTTPException(404, "Message not found. The simulator keeps the newest 20,000.")
    return kept


async def _json(request: Request) -> object:
    try:
        return await request.json()
    except ValueError as error:
        raise HTTPException(400, "The request body is not valid JSON.") from error


def _validation_response(error: ValidationError) -> Response:
    rows: list[Any] = [
        {"field": ".".join(str(part) for part in row["loc"]), "rule": row["msg"]}
        for row in error.errors()
    ]
    return JSONResponse({"errors": rows}, 400)
