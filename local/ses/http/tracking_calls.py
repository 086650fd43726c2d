"""The pixel and the links of tracked messages: an Open or a Click event, then the target."""

from __future__ import annotations

import base64
import re
import string
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from local.ses.events.mailbox_simulator import EventStep

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.ses.messages import Message
    from local.ses.sending.simulator import Simulator

__all__ = ["routes"]

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
BOT = re.compile(r"bot\b", re.IGNORECASE)
"""User agents of programs. How SES recognizes them is not public."""
NO_STORE = {"Cache-Control": "no-store"}


def routes(ses: Simulator) -> list[Route]:
    """Return `/I0/` for pixels and `/L0/` for links, as on the tracking domain of SES."""

    async def opened(request: Request) -> Response:
        if kept := ses.messages.get(request.path_params["message_id"]):
            ses.publisher.publish_events(kept.message, [_visited(EventStep("Open"), request)])
        return Response(PIXEL, media_type="image/gif", headers=NO_STORE)

    async def clicked(request: Request) -> Response:
        kept = ses.messages.get(request.path_params["message_id"])
        number = request.path_params["number"]
        if kept is None or number >= len(kept.message.links):
            return PlainTextResponse("The message of this link is not kept any more.", 404)
        ses.publisher.publish_events(kept.message, [_click(kept.message, number, request)])
        target = quote(kept.message.links[number].url, safe=string.punctuation)
        # RedirectResponse would quote more characters than the sender did.
        return Response(status_code=302, headers={"Location": target, **NO_STORE})

    return [
        Route("/I0/{message_id}", opened),
        Route("/L0/{link:path}/{number:int}/{message_id}", clicked),
    ]


def _click(message: Message, number: int, request: Request) -> EventStep:
    link = message.links[number]
    tags = dict(link.tags) if link.tags else None
    return _visited(EventStep("Click", sub=link.url, link_tags=tags), request)


def _visited(step: EventStep, request: Request) -> EventStep:
    host = request.client.host if request.client else "127.0.0.1"
    user_agent = request.headers.get("user-agent", "")
    return replace(step, user_agent=user_agent, ip=host, is_bot=bool(BOT.search(user_agent)))
