"""The JSON document that tells on which suppression lists an address is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

if TYPE_CHECKING:
    from send_email.suppressions import SuppressionEntry

__all__ = ["SuppressionResponse", "suppression_response"]


class OurSuppressionResponse(TypedDict):
    """An entry of our list; the reason is `bounce` or `complaint`."""

    reason: str
    at: str
    email_id: str | None


class SESSuppressionResponse(TypedDict):
    """An entry of SES's list for the account; the reason is `BOUNCE` or `COMPLAINT`."""

    reason: str
    at: str


class SuppressionResponse(TypedDict):
    """Where an address is listed: by us, by SES for the account, or by both."""

    address: str
    ours: OurSuppressionResponse | None
    ses: SESSuppressionResponse | None


def suppression_response(found: SuppressionEntry) -> SuppressionResponse:
    """Write where an address is listed."""
    answer = SuppressionResponse(address=found.address, ours=None, ses=None)
    if found.ours:
        ours = found.ours
        answer["ours"] = OurSuppressionResponse(
            reason=ours.reason, at=ours.at.isoformat(), email_id=ours.email_id
        )
    if found.ses:
        answer["ses"] = SESSuppressionResponse(reason=found.ses.reason, at=found.ses.at.isoformat())
    return answer
