"""The routes by which people see who gets no more mail, and let somebody have it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import InvalidMessageError
from send_email.api.requests import RequestError
from send_email.api.suppression_response import suppression_response

if TYPE_CHECKING:
    from send_email.suppressions import Suppressions

__all__ = ["add_suppressions"]

NOT_LISTED = "the address is on no suppression list"


def add_suppressions(app: APIGatewayHttpResolver, lists: Callable[[], Suppressions]) -> None:
    """Add the routes over the lists, which are made when first asked for."""

    @app.get("/suppressions/<address>", summary="Who gets no more mail", tags=["suppressions"])
    def get_suppression(address: str) -> Response[str]:
        listing = lists().find(_bare(address))
        if not listing.is_listed:
            raise RequestError(HTTPStatus.NOT_FOUND, NOT_LISTED)
        body = json.dumps(suppression_response(listing), separators=(",", ":"))
        return Response(HTTPStatus.OK, "application/json", body)

    @app.delete("/suppressions/<address>", summary="Let mail go there", tags=["suppressions"])
    def delete_suppression(address: str) -> Response[str]:
        if not lists().remove(_bare(address)):
            raise RequestError(HTTPStatus.NOT_FOUND, NOT_LISTED)
        return Response(HTTPStatus.NO_CONTENT, "application/json", "")


def _bare(address: str) -> str:
    """Read the address of a path, which API Gateway has decoded and others may not have."""
    try:
        return parse_address(address if "@" in address else unquote(address)).addr_spec
    except ValueError as error:
        raise InvalidMessageError.of("address", str(error)) from error
