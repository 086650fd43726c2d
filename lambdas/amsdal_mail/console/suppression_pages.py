"""The page of the suppression lists: the list of the service, and the list of the SES account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import SuppressionPage

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console

__all__ = ["index", "remove"]

LISTS = {
    "service": "The service: suppressed before SES",
    "ses": "SES: account suppression list",
}
"""The titles of the lists."""
NOTES = {
    "service": "A hard bounce or a complaint puts an address on this list. The service then reports"
    " the recipient as suppressed and does not call SES.",
    "ses": "SES accepts mail to these addresses, sends nothing, and publishes a bounce or a"
    " complaint.",
}


@dataclass(frozen=True, slots=True)
class ShownList:
    """A page of a list, or the `problem` why it could not be read. `next` is a query."""

    name: str
    title: str
    note: str
    page: SuppressionPage
    problem: SourceError | None
    is_first: bool
    next: str


async def index(console: Console, request: Request) -> Response:
    """Show both lists. Each has its own pages."""
    cursors = {name: request.query_params.get(name, "") for name in LISTS}
    lists = await asyncio.gather(*(_shown(console, name, cursors) for name in LISTS))
    is_removed = "removed" in request.query_params
    html = console.render("suppressions.html", "suppressions", lists=lists, is_removed=is_removed)
    return responses.page(html)


async def remove(console: Console, request: Request) -> Response:
    """Remove an address from both lists."""
    form = await console.form(request)
    address = form.get("address", "").strip()
    if not address:
        raise HTTPException(400, "address: must not be empty.")
    await console.source.unsuppress(address)
    return responses.redirect_back(request, "/suppressions?removed")


async def _shown(console: Console, name: str, cursors: dict[str, str]) -> ShownList:
    page, problem = SuppressionPage(()), None
    try:
        page = await console.source.suppressions(name, cursors[name] or None)
    except SourceError as error:
        problem = error
    following = urlencode({**cursors, name: page.next_cursor}) if page.next_cursor else ""
    is_first = not cursors[name]
    return ShownList(name, LISTS[name], NOTES[name], page, problem, is_first, following)
