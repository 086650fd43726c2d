"""The forms of an email: send it again, cancel it, give it another time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.email_pages import email_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import Json

__all__ = ["cancel", "reschedule", "resend"]

SEPARATORS = re.compile(r"[,;\s]+")
KEY = re.compile(r"[0-9a-f]{32}")


async def resend(console: Console, request: Request) -> Response:
    """Send the email again: to all recipients, to those who did not get it, or to others."""
    form = await console.form(request)
    key = form.get("key", "")
    if not KEY.fullmatch(key):
        raise HTTPException(400, "key: must be that of the form. Load the page again.")
    new_id = await console.source.resend(email_id(request), _resend_body(form), key)
    return responses.redirect_back(request, f"/emails/{new_id}?done=resent")


async def cancel(console: Console, request: Request) -> Response:
    """Cancel a scheduled email."""
    await console.form(request)
    await console.source.cancel(email_id(request))
    return responses.redirect_back(request, f"/emails/{email_id(request)}?done=canceled")


async def reschedule(console: Console, request: Request) -> Response:
    """Give a scheduled email another time, in UTC."""
    form = await console.form(request)
    try:
        send_at = datetime.fromisoformat(form.get("send_at", "").strip())
    except ValueError as error:
        raise HTTPException(400, "send_at: must be a time, such as 2026-12-24T09:00.") from error
    # The field of a browser has no zone. The page says that it is UTC.
    moment = send_at if send_at.tzinfo else send_at.replace(tzinfo=UTC)
    await console.source.reschedule(email_id(request), moment.isoformat())
    return responses.redirect_back(request, f"/emails/{email_id(request)}?done=rescheduled")


def _resend_body(form: dict[str, str]) -> Json:
    who = form.get("who", "")
    if who == "failed":
        return {"only_failed": True}
    if who == "others":
        addresses = [part for part in SEPARATORS.split(form.get("to", "")) if part]
        if not addresses:
            raise HTTPException(400, "to: must have an address.")
        return {"to": addresses}
    if who != "all":
        raise HTTPException(400, "who: must be all, failed or others.")
    return {}
