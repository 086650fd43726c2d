"""The calls of the account suppression list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.ses.account import SuppressionEntry
from local.ses.errors import RefusedError, not_suppressed, refuse
from local.ses.http.paging import page
from local.ses.sending.request_checks import check_addresses

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator

__all__ = ["CALLS"]


async def put(ses: Simulator, _request: Request, body: Json) -> Json:
    """PutSuppressedDestination."""
    refuse(check_addresses([body["EmailAddress"]]))
    ses.account.suppression.put(SuppressionEntry(body["EmailAddress"], body["Reason"], ses.now()))
    return {}


async def get(ses: Simulator, request: Request, _body: Json) -> Json:
    """GetSuppressedDestination."""
    address = request.path_params["address"]
    entry = ses.account.suppression.get(address)
    if entry is None:
        raise RefusedError(not_suppressed(address))
    ids = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
    attributes = {name: value for name, value in ids.items() if value}
    return {"SuppressedDestination": {**_row(entry), "Attributes": attributes}}


async def delete(ses: Simulator, request: Request, _body: Json) -> Json:
    """DeleteSuppressedDestination."""
    address = request.path_params["address"]
    if not ses.account.suppression.delete(address):
        raise RefusedError(not_suppressed(address))
    return {}


async def list_all(ses: Simulator, request: Request, body: Json) -> Json:
    """ListSuppressedDestinations, filtered by reason and time."""
    query = request.query_params
    reasons = query.getlist("Reason") or ["BOUNCE", "COMPLAINT"]
    start, end = _time(query.get("StartDate")), _time(query.get("EndDate"))
    rows = [
        _row(entry)
        for entry in ses.account.suppression.all()
        if entry.reason in reasons
        and (start is None or entry.at >= start)
        and (end is None or entry.at <= end)
    ]
    return page(rows, "SuppressedDestinationSummaries", request, body)


CALLS = (
    ("PUT", "/suppression/addresses", "PutSuppressedDestination", put),
    ("GET", "/suppression/addresses", "ListSuppressedDestinations", list_all),
    ("GET", "/suppression/addresses/{address:path}", "GetSuppressedDestination", get),
    ("DELETE", "/suppression/addresses/{address:path}", "DeleteSuppressedDestination", delete),
)


def _row(entry: SuppressionEntry) -> Json:
    return {
        "EmailAddress": entry.address,
        "Reason": entry.reason,
        "LastUpdateTime": entry.at.timestamp(),
    }


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
