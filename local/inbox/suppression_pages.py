"""The page of the suppression lists: the list of the SES account, and the list of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.templating import render
from local.ses.account import SuppressionEntry
from local.ses.sending.request_checks import check_addresses

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from local.inbox.context import Inbox

__all__ = ["add", "index", "remove"]

REASONS = ("BOUNCE", "COMPLAINT")


async def index(inbox: Inbox, _request: Request) -> Response:
    """Show both lists."""
    values = inbox.frame_values("suppression") | {
        "entries": list(reversed(inbox.ses.account.suppression.all())),
        "suppressed": await inbox.stack.suppressions(),
        "reasons": REASONS,
    }
    return responses.page(render("suppression.html", **values))


async def add(inbox: Inbox, request: Request) -> Response:
    """Add an address to the list of the account."""
    form = parse_qs((await request.body()).decode())
    address, reason = form.get("address", [""])[0].strip(), form.get("reason", [""])[0]
    if refusal := check_addresses([address]):
        raise HTTPException(400, f"address: {refusal.message}")
    if reason not in REASONS:
        raise HTTPException(400, "reason: must be BOUNCE or COMPLAINT.")
    inbox.ses.account.suppression.put(SuppressionEntry(address, reason, inbox.ses.now()))
    return responses.redirect_back(request, "/suppression")


async def remove(inbox: Inbox, request: Request) -> Response:
    """Remove an address from the list of the account."""
    form = parse_qs((await request.body()).decode())
    inbox.ses.account.suppression.delete(form.get("address", [""])[0])
    return responses.redirect_back(request, "/suppression")
