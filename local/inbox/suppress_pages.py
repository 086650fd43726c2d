"""The form beside SES's suppression list: add an address, which SES itself does after a bounce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from local.ses.account import SuppressionEntry
from local.ses.sending.request_checks import check_addresses

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console, Page
    from local.ses.sending.simulator import Simulator

__all__ = ["REASONS", "suppress_page"]

REASONS = ("BOUNCE", "COMPLAINT")


def suppress_page(ses: Simulator) -> Page:
    """Return the page that adds an address to the list of the account."""

    async def suppress(console: Console, request: Request) -> Response:
        form = await console.form(request)
        address, reason = form.get("address", "").strip(), form.get("reason", "")
        if refusal := check_addresses([address]):
            raise HTTPException(400, f"address: {refusal.message}")
        if reason not in REASONS:
            raise HTTPException(400, "reason: must be BOUNCE or COMPLAINT.")
        ses.account.suppression.put(SuppressionEntry(address, reason, ses.now()))
        return responses.redirect_back(request, "/suppressions#ses")

    return suppress
