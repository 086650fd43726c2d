"""Pages of a list call: PageSize and NextToken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses.errors import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from local.ses.messages import Json

_DEFAULT_SIZE = 100


def page(rows: Sequence[Json], name: str, request: Request) -> Json:
    """One page under `name`, with NextToken while there is more. Raises RefusedError."""
    size = request.query_params.get("PageSize", str(_DEFAULT_SIZE))
    token = request.query_params.get("NextToken", "0")
    if not (size.isdecimal() and int(size) and token.isdecimal()):
        raise RefusedError(Refusal(400, "InvalidNextTokenException", None))
    start, end = int(token), int(token) + int(size)
    body: Json = {name: list(rows[start:end])}
    if end < len(rows):
        body["NextToken"] = str(end)
    return body
