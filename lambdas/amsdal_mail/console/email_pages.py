"""The pages of emails: the list, and an email with its story and content."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.html_check import check
from amsdal_mail.console.labels import STATES
from amsdal_mail.console.mail_frame import SANDBOX, frame_height
from amsdal_mail.console.parse import moment
from amsdal_mail.console.search import Listing, Search, list_emails
from amsdal_mail.console.source import SourceError
from amsdal_mail.email_id import EMAIL_ID

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import Content

__all__ = ["detail", "email_id", "index", "message_id", "rows", "story"]

ID_LIMIT = 200
VIEWS = {"html": "HTML", "text": "Text", "headers": "Headers", "source": "Source", "check": "Check"}
DONE = {
    "resent": "This is the new email.",
    "canceled": "The email is canceled.",
    "rescheduled": "The email has a new time.",
}
"""What a page says after a change."""
RESENDABLE = frozenset(
    {"failed", "rejected", "bounced", "soft_bounced", "suppressed", "expired", "canceled"}
)
"""The states whose recipients *Resend to those who did not get it* covers."""


async def index(console: Console, request: Request) -> Response:
    """Show the list without an email."""
    search = Search.from_query(request.query_params)
    values = await _list_values(console, search)
    return responses.page(console.render("emails.html", "emails", current="", **values))


async def rows(console: Console, request: Request) -> Response:
    """Return the rows of the list, for the page that is open."""
    search = Search.from_query(request.query_params)
    values = await _list_values(console, search)
    current = request.query_params.get("open", "")
    return responses.page(console.render("parts/rows.html", current=current, **values))


async def detail(console: Console, request: Request) -> Response:
    """Show an email, with the list beside it."""
    name, copy = email_id(request), message_id(request)
    search = Search.from_query(request.query_params)
    listed, told, content = await asyncio.gather(
        _list_values(console, search),
        console.source.story(name, copy, request.query_params.get("recipients_after", "")),
        console.source.content(name, copy),
    )
    # A story without a record has no counts. A page has not all recipients of a large email.
    counts = told.counts or Counter(row.state for row in told.recipients)
    is_hidden = content.is_sensitive and "show" not in request.query_params
    views = _views(content)
    view = request.query_params.get("view", "")
    values: dict[str, Any] = {
        **listed,
        "story": told,
        "content": content,
        "is_hidden": is_hidden,
        "views": views,
        "view": view if view in views else next(iter(views), ""),
        "remarks": check(content) if view == "check" else (),
        "sandbox": SANDBOX,
        "height": frame_height(content.html) if content.html else None,
        "can_cancel": told.state == "scheduled",
        "created_at": moment(told.record.get("created_at")),
        "send_at": moment(told.record.get("send_at")),
        "unreached": sum(counts.get(state, 0) for state in RESENDABLE),
        "key": uuid4().hex,
        "query": search.query,
        "done": DONE.get(request.query_params.get("done", "")),
    }
    page = console.render("email.html", "emails", current=name, **values)
    return responses.page(page)


async def story(console: Console, request: Request) -> Response:
    """Return the story of an email, for the page that is open."""
    name = email_id(request)
    after = request.query_params.get("recipients_after", "")
    told = await console.source.story(name, message_id(request), after)
    return responses.page(console.render("parts/story.html", story=told))


def email_id(request: Request) -> str:
    """Return the id in the path. Raises HTTPException for what cannot be an id."""
    name = str(request.path_params["id"])
    if len(name) > ID_LIMIT or not EMAIL_ID.fullmatch(name.removeprefix("ses-")):
        raise HTTPException(404, "This email does not exist.")
    return name


def message_id(request: Request) -> str | None:
    """Return the message that the query chooses among the copies of an email."""
    return request.query_params.get("message", "")[:ID_LIMIT] or None


def _views(content: Content) -> dict[str, str]:
    has = {
        "html": content.html is not None,
        "text": content.text is not None,
        "headers": bool(content.tables),
        "source": content.source is not None,
        "check": content.html is not None or content.text is not None,
    }
    return {name: title for name, title in VIEWS.items() if has[name]}


async def _list_values(console: Console, search: Search) -> dict[str, Any]:
    """Return the values of the list. A list that cannot be read says so, beside the email."""
    try:
        listing, problem = await list_emails(console.source, search), None
    except SourceError as error:
        listing, problem = Listing((), 0, None, None), error
    return {
        "listing": listing, "search": search, "states": STATES, "list_problem": problem,
        "is_live": not search.cursor,
    }  # fmt: skip
