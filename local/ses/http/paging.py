"""The pages of a list call: PageSize and NextToken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses.errors import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from local.ses.messages import Json

__all__ = ["page"]

DEFAULT_SIZE = 100


def page(rows: Sequence[Json], name: str, request: Request, body: Json) -> Json:
    """Return a page under `name`, with a NextToken if there are more rows. Raises RefusedError.

    A GET call has its parameters in the query, a POST call in the body.
    """
    parameters = {**request.query_params, **body}
    size = str(parameters.get("PageSize", DEFAULT_SIZE))
    token = str(parameters.get("NextToken", "0"))
    if not (size.isdecimal() and int(size) and token.isdecimal()):
        raise RefusedError(Refusal(400, "InvalidNextTokenException", None))
    start, end = int(token), int(token) + int(size)
    response: Json = {name: list(rows[start:end])}
    if end < len(rows):
        response["NextToken"] = str(end)
    return response
