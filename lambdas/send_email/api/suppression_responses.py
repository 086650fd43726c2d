"""The response of the HTTP API for one suppressed address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

if TYPE_CHECKING:
    from send_email.suppressions import SuppressionEntry

__all__ = ["SuppressionResponse", "suppression_response"]


class OurSuppressionResponse(TypedDict):
    """An entry of the service's list. The reason is `bounce` or `complaint`."""

    reason: str
    at: str
    email_id: str | None


class SESSuppressionResponse(TypedDict):
    """An entry of SES's list for the account. The reason is `BOUNCE` or `COMPLAINT`."""

    reason: str
    at: str


class SuppressionResponse(TypedDict):
    """The entries of an address on the service's list, on SES's list, or on both."""

    address: str
    ours: OurSuppressionResponse | None
    ses: SESSuppressionResponse | None


def suppression_response(entry: SuppressionEntry) -> SuppressionResponse:
    """Return the document for an address on a suppression list."""
    response = SuppressionResponse(address=entry.address, ours=None, ses=None)
    if entry.ours:
        ours = entry.ours
        response["ours"] = OurSuppressionResponse(
            reason=ours.reason, at=ours.at.isoformat(), email_id=ours.email_id
        )
    if entry.ses:
        response["ses"] = SESSuppressionResponse(
            reason=entry.ses.reason, at=entry.ses.at.isoformat()
        )
    return response
