"""The page of the service's API: its operations, and calls that the server of the page signs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.context import READ_ONLY
from amsdal_mail.console.openapi import Operation, address, operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import APIResponse

__all__ = ["call", "index"]


async def index(console: Console, _request: Request) -> Response:
    """Show the operations."""
    return await _page(console, {})


async def call(console: Console, request: Request) -> Response:
    """Make the call of a form, and show the response below the operation."""
    fields = await console.fields(request)
    described = operations(await console.source.api_description())
    operation = next((row for row in described if row.name == fields.get("operation")), None)
    if operation is None:
        raise HTTPException(404, "operation: must be one of the API.")
    if not operation.only_reads and not console.allow_changes:
        raise HTTPException(403, READ_ONLY)
    try:
        path = address(operation, fields)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    body = fields.get("body", "") if operation.example is not None else ""
    response = await console.source.call_api(operation.method, path, body)
    return await _page(console, fields, operation, path, response)


async def _page(
    console: Console,
    fields: Mapping[str, str],
    called: Operation | None = None,
    path: str = "",
    response: APIResponse | None = None,
) -> Response:
    document = await console.source.api_description()
    described = sorted(operations(document), key=lambda row: row.tag)
    groups = [(tag, list(rows)) for tag, rows in groupby(described, key=lambda row: row.tag)]
    html = console.render(
        "api.html", "api", groups=groups, about_api=document.get("info", {}), fields=fields,
        called=called.name if called else "", path=path, response=response,
    )  # fmt: skip
    return responses.page(html)
