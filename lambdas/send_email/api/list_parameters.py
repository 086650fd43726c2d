"""The parameters of lists, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from amsdal_mail.stream import Stream
from email_store.states import EmailState
from send_email.api.search_query import DEFAULT_LIMIT, MAX_LIMIT, SERVICE, SES

__all__ = ["EMAIL_LIST_PARAMETERS", "SUPPRESSION_LIST_PARAMETERS"]

Json = dict[str, Any]
Parameter = tuple[str, str, Json]
"""The name, the description and the schema."""

TIME = "a date, or a date and a time with an offset from UTC (RFC 3339)"
SEARCH: tuple[Parameter, ...] = (
    ("recipient", "A bare address, percent-encoded. Letter case is ignored.", {"format": "email"}),
    ("from", f"The first moment of the request: {TIME}.", {}),
    ("to", f"The first moment after the window: {TIME}. A date includes its day.", {}),
    (
        "state",
        "Of the email, or of the recipient if one is given.",
        {"enum": [state.value for state in EmailState]},
    ),
    ("tag", "One of its tags.", {"minLength": 1}),
    ("template", "Its `template_id`.", {"minLength": 1}),
    ("stream", "Its stream.", {"enum": [stream.value for stream in Stream]}),
)
LIST: tuple[str, str, Json] = (
    "list",
    "The list of the service, or of SES.",
    {"enum": [SERVICE, SES]},
)
CURSOR: Parameter = (
    "cursor",
    "The `next_cursor` of the page before.",
    {"minLength": 1},
)
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "The size of a page.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
}


def _parameter(name: str, description: str, schema: Json) -> Json:
    text = {"type": "string", **schema}
    return {"name": name, "in": "query", "description": description, "schema": text}


EMAIL_LIST_PARAMETERS = [*(_parameter(*each) for each in (*SEARCH, CURSOR)), LIMIT]
SUPPRESSION_LIST_PARAMETERS = [*(_parameter(*each) for each in (LIST, CURSOR)), LIMIT]
