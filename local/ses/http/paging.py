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


def page(rows: Sequence[Json], name: str, request: Request) -> Json:
    """Return a page under `name`, with a NextToken if there are more rows. Raises RefusedError."""
    size = request.query_params.get("PageSize", str(DEFAULT_SIZE))
    token = request.query_params.get("NextToken", "0")
    if not (size.isdecimal() and int(size) and token.isdecimal()):
        raise RefusedError(Refusal(400, "InvalidNextTokenException", None))
    start, end = int(token), int(token) + int(size)
    body: Json = {name: list(rows[start:end])}
    if end < len(rows):
        body["NextToken"] = str(end)
    return body
