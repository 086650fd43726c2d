"""The pages of messages: the list, a message with its frame and files, simulated events."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from local.inbox import mail_frame, responses
from local.inbox.labels import STATES
from local.inbox.listing import Search, email_id, listing
from local.inbox.message_views import open_message, read_part
from local.inbox.story import build_story
from local.inbox.templating import render
from local.ses.sending import feedback

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from local.inbox.context import Inbox
    from local.ses.messages import KeptMessage

# What a person can make simulate: a title, the kind, and which of its kinds.
SIMULATED_EVENTS = {
    "bounce": ("Hard bounce", "bad", {"kind": "bounce"}),
    "mailboxfull": ("Mailbox full", "warn", {"kind": "bounce", "bounce": "mailboxfull"}),
    "toolarge": ("Too large", "warn", {"kind": "bounce", "bounce": "toolarge"}),
    "undetermined": ("Undetermined", "warn", {"kind": "bounce", "bounce": "undetermined"}),
    "delay": ("Delay", "warn", {"kind": "delay"}),
    "complaint": ("Complain", "bad", {"kind": "complaint"}),
    "notspam": ("Not spam", "good", {"kind": "complaint", "complaint": "not-spam"}),
    "unsubscribe": ("Unsubscribe", "warn", {"kind": "unsubscribe"}),
}


async def index(inbox: Inbox, request: Request) -> Response:
    """The list, with nothing opened."""
    return await _page(inbox, request, None)


async def detail(inbox: Inbox, request: Request) -> Response:
    """One message, and the list beside it."""
    return await _page(inbox, request, inbox.kept(request))


async def rows(inbox: Inbox, request: Request) -> Response:
    """The list alone, for the page that is open."""
    search = Search.from_query(request.query_params)
    found = await listing(inbox.ses.messages, inbox.stack, search)
    current = request.query_params.get("open", "")
    return responses.page(render("rows.html", listing=found, search=search, current=current))


async def story(inbox: Inbox, request: Request) -> Response:
    """The story alone, for the page that is open."""
    kept = inbox.kept(request)
    return responses.page(render("story.html", kept=kept, story=await _story(inbox, kept)))


async def html(inbox: Inbox, request: Request) -> Response:
    """The message's HTML, for the sandboxed frame."""
    message = open_message(inbox.kept(request).message)
    if message.html is None:
        raise HTTPException(404, "The message has no HTML.")
    here = f"http://{request.headers['host']}/messages/{message.message.id}/parts/"
    pixel = f"{inbox.ses.tracking_url}/I0/"
    framed = mail_frame.framed(message.html, message.inline_images())
    return responses.frame(framed, here, pixel)


async def file(inbox: Inbox, request: Request) -> Response:
    """One part as a download."""
    found = read_part(inbox.kept(request).message, request.path_params["number"])
    if found is None:
        raise HTTPException(404, "The message has no such part.")
    return responses.download(*found)


async def raw(inbox: Inbox, request: Request) -> Response:
    """The MIME as a download."""
    message = inbox.kept(request).message
    return responses.download(message.mime, "message/rfc822", f"{message.id}.eml")


async def simulate(inbox: Inbox, request: Request) -> Response:
    """Make a recipient bounce, complain and the like."""
    kept = inbox.kept(request)
    form = parse_qs((await request.body()).decode())
    _, _, wanted = SIMULATED_EVENTS.get(form.get("what", [""])[0], ("", "", {}))
    recipient = form.get("recipient", [None])[0]
    try:
        chosen = feedback.Feedback.model_validate({**wanted, "recipient": recipient})
    except ValidationError as error:
        raise HTTPException(400, "This cannot simulate to a message.") from error
    if recipient not in (None, *kept.message.destinations):
        raise HTTPException(400, "This is no recipient of the message.")
    step = feedback.event_step(chosen, kept.message)
    feedback.suppress_recipients(inbox.ses, kept.message, step)
    inbox.ses.publisher.publish_events(kept.message, [step])
    return responses.redirect_back(request, f"/messages/{kept.message.id}")


async def _page(inbox: Inbox, request: Request, kept: KeptMessage | None) -> Response:
    search = Search.from_query(request.query_params)
    found = await listing(inbox.ses.messages, inbox.stack, search)
    values = inbox.common("inbox") | {"listing": found, "search": search, "states": STATES}
    if kept is None:
        return responses.page(render("inbox.html", current="", **values))
    message = open_message(kept.message)
    values |= {
        "kept": kept,
        "message": message,
        "view": message.view(request.query_params.get("view", "")),
        "story": await _story(inbox, kept),
        "simulated_events": SIMULATED_EVENTS,
        "sandbox": mail_frame.SANDBOX,
    }
    return responses.page(render("message.html", current=kept.message.id, **values))


async def _story(inbox: Inbox, kept: KeptMessage) -> object:
    return build_story(kept, await inbox.stack.fetch_email(email_id(kept)))
