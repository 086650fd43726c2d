"""The pages of messages: the list, a message with its frame and files, simulated events."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from amsdal_mail.console import mail_frame, responses
from amsdal_mail.console.labels import STATES
from amsdal_mail.console.templating import render
from local.inbox.listing import Search, email_id, list_messages
from local.inbox.message_views import open_message, read_part
from local.inbox.story import build_story
from local.ses.sending import feedback

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from local.inbox.context import Inbox
    from local.inbox.story import MessageStory
    from local.ses.messages import KeptMessage

__all__ = ["detail", "file", "html", "index", "raw", "rows", "simulate", "story"]

SIMULATED_EVENTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "bounce": ("Hard bounce", "bad", {"kind": "bounce"}),
    "mailboxfull": ("Mailbox full", "warn", {"kind": "bounce", "bounce": "mailboxfull"}),
    "toolarge": ("Too large", "warn", {"kind": "bounce", "bounce": "toolarge"}),
    "undetermined": ("Undetermined", "warn", {"kind": "bounce", "bounce": "undetermined"}),
    "delay": ("Delay", "warn", {"kind": "delay"}),
    "complaint": ("Complain", "bad", {"kind": "complaint"}),
    "notspam": ("Not spam", "good", {"kind": "complaint", "complaint": "not-spam"}),
    "bot": ("Open by a program", "calm", {"kind": "open", "bot": True}),
    "unsubscribe": ("Unsubscribe", "warn", {"kind": "unsubscribe"}),
}
"""The events that a person can simulate: title, tone, and the fields of the feedback."""


async def index(inbox: Inbox, request: Request) -> Response:
    """Show the list without a message."""
    return await _page(inbox, request, None)


async def detail(inbox: Inbox, request: Request) -> Response:
    """Show a message, with the list beside it."""
    return await _page(inbox, request, inbox.message(request))


async def rows(inbox: Inbox, request: Request) -> Response:
    """Return the rows of the list, for the page that is open."""
    search = Search.from_query(request.query_params)
    listing = await list_messages(inbox.ses.messages, inbox.stack, search)
    current = request.query_params.get("open", "")
    return responses.page(render("rows.html", listing=listing, search=search, current=current))


async def story(inbox: Inbox, request: Request) -> Response:
    """Return the story of a message, for the page that is open."""
    kept = inbox.message(request)
    return responses.page(render("story.html", kept=kept, story=await _story(inbox, kept)))


async def html(inbox: Inbox, request: Request) -> Response:
    """Return the HTML of a message, for the sandboxed frame."""
    message = open_message(inbox.message(request).message)
    if message.html is None:
        raise HTTPException(404, "The message has no HTML.")
    parts_url = f"http://{request.headers['host']}/messages/{message.message.id}/parts/"
    pixel_url = f"{inbox.ses.tracking_url}/I0/"
    framed = mail_frame.framed(message.html, message.inline_images())
    return responses.frame(framed, parts_url, pixel_url)


async def file(inbox: Inbox, request: Request) -> Response:
    """Return a part as a download."""
    part = read_part(inbox.message(request).message, request.path_params["number"])
    if part is None:
        raise HTTPException(404, "The message has no part with this number.")
    return responses.download(*part)


async def raw(inbox: Inbox, request: Request) -> Response:
    """Return the MIME as a download."""
    message = inbox.message(request).message
    return responses.download(message.mime, "message/rfc822", f"{message.id}.eml")


async def simulate(inbox: Inbox, request: Request) -> Response:
    """Simulate an event of the message."""
    kept = inbox.message(request)
    form = parse_qs((await request.body()).decode())
    _, _, fields = SIMULATED_EVENTS.get(form.get("event", [""])[0], ("", "", {}))
    recipient = form.get("recipient", [None])[0]
    try:
        event = feedback.Feedback.model_validate({**fields, "recipient": recipient})
    except ValidationError as error:
        raise HTTPException(400, "event: must be an event that can be simulated.") from error
    if recipient not in (None, *kept.message.destinations):
        raise HTTPException(400, "recipient: must be a recipient of the message.")
    step = feedback.event_step(event, kept.message)
    feedback.suppress_recipients(inbox.ses, kept.message, step)
    inbox.ses.publisher.publish_events(kept.message, [step])
    return responses.redirect_back(request, f"/messages/{kept.message.id}")


async def _page(inbox: Inbox, request: Request, kept: KeptMessage | None) -> Response:
    search = Search.from_query(request.query_params)
    listing = await list_messages(inbox.ses.messages, inbox.stack, search)
    values = inbox.frame_values("inbox")
    values |= {"listing": listing, "search": search, "states": STATES}
    if kept is None:
        return responses.page(render("inbox.html", current="", **values))
    message = open_message(kept.message)
    values |= {
        "kept": kept,
        "message": message,
        "view": message.view(request.query_params.get("view", "")),
        "is_hidden": kept.message.is_sensitive and "show" not in request.query_params,
        "story": await _story(inbox, kept),
        "simulated_events": SIMULATED_EVENTS,
        "sandbox": mail_frame.SANDBOX,
    }
    return responses.page(render("message.html", current=kept.message.id, **values))


async def _story(inbox: Inbox, kept: KeptMessage) -> MessageStory:
    return build_story(kept, await inbox.stack.fetch_email(email_id(kept)))
