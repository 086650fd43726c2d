"""The control path: switches, kept messages, events on demand, health, reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ses import feedback, mime_reading
from local.ses.account import Account

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.ses.messages import Json, KeptMessage
    from local.ses.simulator import Simulator


def summary(kept: KeptMessage) -> Json:
    """A message in the list."""
    message = kept.message
    return {
        "id": message.id,
        "time": message.accepted_at.isoformat(),
        "from": message.source,
        "to": list(message.to),
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "destinations": list(message.destinations),
        "subject": message.subject,
        "tags": dict(message.tags),
        "configuration_set": message.configuration_set,
        "template": message.template,
        "operation": message.operation,
        "rendering_failure": message.rendering_failure,
        "events": [row["event"]["eventType"] for row in kept.events],
    }


def details(kept: KeptMessage) -> Json:
    """A message with its bodies, headers, attachments and whole events."""
    parts = mime_reading.parts(kept.message.mime) if kept.message.mime else {}
    return {**summary(kept), **parts, "events": kept.events}


def routes(ses: Simulator) -> list[Route]:
    """Everything under /_local."""
    initial = ses.switches.model_copy(deep=True)

    def kept_or_none(request: Request) -> KeptMessage | None:
        return ses.messages.get(request.path_params["id"])

    async def health(_request: Request) -> Response:
        pending = ses.publisher.pending
        return JSONResponse({"status": "ok", "messages_with_pending_events": pending})

    async def counts(_request: Request) -> Response:
        return JSONResponse(dict(ses.counts))

    async def get_switches(_request: Request) -> Response:
        return JSONResponse(ses.switches.model_dump())

    async def put_switches(request: Request) -> Response:
        try:
            ses.switches = ses.switches.changed(await request.json())
        except ValidationError as error:
            return _unusable(error)
        return JSONResponse(ses.switches.model_dump())

    async def list_messages(request: Request) -> Response:
        limit = request.query_params.get("limit", "")
        found = ses.messages.newest_first()[: int(limit) if limit.isdecimal() else None]
        return JSONResponse({"messages": [summary(kept) for kept in found]})

    async def one_message(request: Request) -> Response:
        kept = kept_or_none(request)
        return JSONResponse(details(kept)) if kept else _unknown_message()

    async def raw_message(request: Request) -> Response:
        kept = kept_or_none(request)
        if kept is None:
            return _unknown_message()
        return Response(kept.message.mime, media_type="message/rfc822")

    async def happen(request: Request) -> Response:
        kept = kept_or_none(request)
        if kept is None:
            return _unknown_message()
        try:
            wanted = feedback.Feedback.model_validate(await request.json())
        except ValidationError as error:
            return _unusable(error)
        if wanted.recipient not in (None, *kept.message.destinations):
            return JSONResponse({"error": f"{wanted.recipient} is no recipient"}, 400)
        step = feedback.step(wanted, kept.message)
        feedback.suppress(ses, kept.message, step)
        ses.publisher.play(kept.message, [step])
        return JSONResponse({"status": "published soon", "kind": step.kind}, 202)

    async def reset(_request: Request) -> Response:
        await ses.publisher.stop()
        ses.messages.clear()
        ses.counts.clear()
        ses.account = Account()
        ses.switches = initial.model_copy(deep=True)
        return JSONResponse({"status": "reset"})

    return [
        Route("/health", health),
        Route("/counts", counts),
        Route("/switches", get_switches, methods=["GET"]),
        Route("/switches", put_switches, methods=["PUT"]),
        Route("/messages", list_messages),
        Route("/messages/{id}", one_message),
        Route("/messages/{id}/raw", raw_message),
        Route("/messages/{id}/events", happen, methods=["POST"]),
        Route("/reset", reset, methods=["POST"]),
    ]


def _unknown_message() -> Response:
    return JSONResponse({"error": "no message of that id is kept"}, 404)


def _unusable(error: ValidationError) -> Response:
    rows: list[Any] = [
        {"field": ".".join(str(part) for part in row["loc"]), "rule": row["msg"]}
        for row in error.errors()
    ]
    return JSONResponse({"errors": rows}, 400)
