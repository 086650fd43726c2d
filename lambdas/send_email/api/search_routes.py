"""The routes of lists: emails, and the entries of a suppression list.

What they need is imported at the first request for a list: a request to send does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from send_email.api.responses import json_response

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.store import EmailStore
    from send_email.suppressions import Suppressions

__all__ = ["SearchRoutes", "check_names", "list_suppressions"]


class SearchRoutes(APIGatewayHttpRouter):
    """GET /emails."""

    def __init__(self, store: EmailStore, clock: Callable[[], datetime]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._store = store
        self._clock = clock
        self.get("/emails", summary="Find emails", tags=["emails"])(self.find_emails)

    def find_emails(self) -> Response[str]:
        """Return a page of the emails that match the query."""
        from email_store.search import PositionError
        from send_email.api import search_query, search_responses

        given = self.current_event.query_string_parameters or {}
        reader = search_query.QueryReader(given, search_query.EMAIL_PARAMETERS)
        query = search_query.read_filters(reader)
        limit, position = reader.limit(), reader.position(query)
        reader.check()
        now = self._clock()
        try:
            page = self._store.find_emails(query, now=now, limit=limit, position=position)
        except PositionError as error:
            raise search_query.cursor_error() from error
        emails, page = search_responses.fitting(page, now)
        cursor = search_query.write_cursor(query, page.next_position)
        return json_response(HTTPStatus.OK, search_responses.email_list(emails, page, cursor))


def check_names(given: Mapping[str, str], known: Collection[str]) -> None:
    """Check that each parameter of a query is known, and has a value.

    Raises:
        InvalidMessageError: names those that are not.
    """
    from send_email.api.search_query import QueryReader

    QueryReader(given, known).check()


def list_suppressions(suppressions: Suppressions, given: Mapping[str, str]) -> Response[str]:
    """Return a page of a suppression list."""
    from send_email.api import search_query, search_responses
    from send_email.suppressions import UnknownTokenError

    reader = search_query.QueryReader(given, search_query.SUPPRESSION_PARAMETERS)
    name = reader.read("list", search_query.list_name) or search_query.SERVICE
    limit = reader.limit()
    if name == search_query.SERVICE:
        position = reader.entry(name)
        reader.check()
        ours = suppressions.store.list_suppressions(limit=limit, after=position)
        cursor = search_query.write_cursor(name, ours.next_position)
        return json_response(HTTPStatus.OK, search_responses.our_suppressions(ours.entries, cursor))
    token = reader.token(name)
    reader.check()
    try:
        page = suppressions.list_of_ses(limit, token)
    except UnknownTokenError as error:
        raise search_query.cursor_error() from error
    cursor = search_query.write_cursor(name, None, [page.token] if page.token else None)
    return json_response(HTTPStatus.OK, search_responses.ses_suppressions(page.entries, cursor))
