"""The request and the response of DELETE /recipients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import InvalidMessageError

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.erasure import Erasure
    from send_email.api.responses import Headers

__all__ = ["ErasureResponse", "address_of", "erasure_response", "retry_after"]

PARAMETER = "address"
MISSING = "must be in the query: /recipients?address=anna%40example.com"


class ErasedCounts(TypedDict):
    """What this call erased."""

    emails: Annotated[int, Field(description="Emails whose records had the address.")]
    recipients: Annotated[int, Field(description="Recipients whose address is replaced.")]
    events: Annotated[int, Field(description="Events that are deleted, or do not name it.")]
    contents: Annotated[int, Field(description="Emails whose content in the bucket is deleted.")]
    suppressions: Annotated[
        int, Field(description="Entries of suppression lists without the address now.")
    ]


class ErasureResponse(TypedDict):
    """What one call erased, and whether all is erased."""

    erased: ErasedCounts
    is_complete: Annotated[
        bool,
        Field(
            description="False until a later call finds nothing more. Repeat the request, after"
            " the seconds of the header `Retry-After` where there is one."
        ),
    ]


def address_of(query: Mapping[str, str] | None) -> str:
    """Return the bare address of the query.

    API Gateway may read a plus as a space, as HTML forms do. No address has a space.

    Raises:
        InvalidMessageError: the address is missing or invalid, or there is another parameter.
    """
    parameters = query or {}
    for name in parameters:
        if name != PARAMETER:
            raise InvalidMessageError.for_field(name[:100], "is not a parameter of this request")
    address = parameters.get(PARAMETER, "")
    if not address:
        raise InvalidMessageError.for_field(PARAMETER, MISSING)
    try:
        return parse_address(address.replace(" ", "+")).addr_spec
    except ValueError as error:
        raise InvalidMessageError.for_field(PARAMETER, str(error)) from error


def erasure_response(erasure: Erasure) -> ErasureResponse:
    """Return the document of an erasure."""
    return {
        "erased": {
            "emails": erasure.emails,
            "recipients": erasure.recipients,
            "events": erasure.events,
            "contents": erasure.contents,
            "suppressions": erasure.suppressions,
        },
        "is_complete": erasure.is_complete,
    }


def retry_after(erasure: Erasure, now: datetime) -> Headers:
    """Return the header that says when a second look is due; none when it may be at once."""
    if erasure.waits_until is None:
        return {}
    seconds = math.ceil((erasure.waits_until - now).total_seconds())
    return {"Retry-After": str(max(1, seconds))}
