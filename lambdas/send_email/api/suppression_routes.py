"""The routes that list the suppressed addresses, and show and remove the entries of one."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import InvalidMessageError
from send_email.api.requests import RequestError
from send_email.api.responses import json_response
from send_email.api.search_routes import check_names, list_suppressions

if TYPE_CHECKING:
    from send_email.suppressions import Suppressions

__all__ = ["SuppressionRoutes"]

PATH = "/suppressions"
NOT_LISTED = "The address is not on a suppression list."


class SuppressionRoutes(APIGatewayHttpRouter):
    """GET and DELETE /suppressions, with the address as the query parameter `address`.

    A path cannot hold each character that an address may have.
    """

    def __init__(self, build_suppressions: Callable[[], Suppressions]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._build_suppressions = build_suppressions
        tags = ["suppressions"]
        self.get(PATH, summary="Get a suppressed address, or list them", tags=tags)(
            self.get_suppression
        )
        self.delete(PATH, summary="Allow mail to an address again", tags=tags)(
            self.delete_suppression
        )

    def get_suppression(self) -> Response[str]:
        """Return the entries of an address, or 404 when it has none; a list without an address."""
        query = self.current_event.query_string_parameters or {}
        if "address" not in query:
            return list_suppressions(self._build_suppressions(), query)
        from send_email.api.suppression_responses import suppression_response

        check_names(query, ("address",))
        entry = self._build_suppressions().find(self._address())
        if not entry.is_listed:
            raise RequestError(HTTPStatus.NOT_FOUND, NOT_LISTED)
        return json_response(HTTPStatus.OK, suppression_response(entry))

    def delete_suppression(self) -> Response[str]:
        """Remove the address from both lists, or return 404 when it is on neither."""
        if not self._build_suppressions().remove(self._address()):
            raise RequestError(HTTPStatus.NOT_FOUND, NOT_LISTED)
        return Response(HTTPStatus.NO_CONTENT, "application/json", "")

    def _address(self) -> str:
        """Return the bare address of the query.

        API Gateway may read a plus as a space, as HTML forms do. No address has a space.
        """
        address = (self.current_event.query_string_parameters or {}).get("address", "")
        if not address:
            rule = "must be in the query: /suppressions?address=anna%40example.com"
            raise InvalidMessageError.for_field("address", rule)
        try:
            return parse_address(address.replace(" ", "+")).addr_spec
        except ValueError as error:
            raise InvalidMessageError.for_field("address", str(error)) from error
