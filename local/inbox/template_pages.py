"""The pages of stored templates: the list, and a template with a preview."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from amsdal_mail.console import mail_frame, responses
from amsdal_mail.console.templating import render
from local.ses.errors import RefusedError
from local.ses.templates import (
    RenderingFailedError,
    TemplateContent,
    parse_template_data,
    render_content,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from local.inbox.context import Inbox
    from local.ses.account import StoredTemplate

__all__ = ["detail", "html", "index"]

MISSING_ATTRIBUTE = re.compile(r"Attribute '(?P<name>[^']+)' is not present")
TAG = re.compile(r"\{\{\{?\s*(?P<path>[\w.]+)\s*\}?\}\}")
MAX_GUESSES = 50


async def index(inbox: Inbox, _request: Request) -> Response:
    """Show all templates."""
    return responses.page(render("templates.html", current="", **_values(inbox)))


async def detail(inbox: Inbox, request: Request) -> Response:
    """Show a template, rendered with the given data or with sample data for its variables."""
    stored = _stored(inbox, request)
    data = request.query_params.get("data")
    data = data or json.dumps(await _sample_data(inbox, stored.content), indent=2)
    rendered, problem = await _render(inbox, stored.content, data)
    values = _values(inbox) | {
        "stored": stored, "data": data, "rendered": rendered, "problem": problem,
        "sandbox": mail_frame.SANDBOX,
    }  # fmt: skip
    return responses.page(render("template.html", current=stored.name, **values))


async def html(inbox: Inbox, request: Request) -> Response:
    """Return the rendered HTML, for the sandboxed frame."""
    data = request.query_params.get("data", "{}")
    rendered, problem = await _render(inbox, _stored(inbox, request).content, data)
    if rendered is None or rendered.html is None:
        raise HTTPException(404, problem or "The template has no HTML.")
    return responses.frame(mail_frame.framed(rendered.html, {}))


def _values(inbox: Inbox) -> dict[str, Any]:
    templates = list(inbox.ses.account.templates.values())
    return inbox.frame_values("templates") | {"templates": templates}


def _stored(inbox: Inbox, request: Request) -> StoredTemplate:
    stored = inbox.ses.account.templates.get(request.path_params["name"])
    if stored is None:
        raise HTTPException(404, "This template does not exist.")
    return stored


async def _render(
    inbox: Inbox, content: TemplateContent, data: str
) -> tuple[TemplateContent | None, str | None]:
    """Return the rendered parts, or the text of the error."""
    try:
        return await render_content(inbox.ses.handlebars, content, parse_template_data(data)), None
    except (RenderingFailedError, RefusedError) as error:
        text = error.error.message if isinstance(error, RefusedError) else str(error)
        return None, text


async def _sample_data(inbox: Inbox, content: TemplateContent) -> dict[str, Any]:
    """Return data in which each missing variable has its own name as its value."""
    data: dict[str, Any] = {}
    for _guess in range(MAX_GUESSES):
        _, problem = await _render(inbox, content, json.dumps(data))
        missing = MISSING_ATTRIBUTE.search(problem or "")
        if missing is None or not _put(data, _path(content, missing["name"])):
            break
    return data


def _path(content: TemplateContent, name: str) -> list[str]:
    """Return the path of a missing variable. The renderer names only its last key."""
    for tag in TAG.finditer("".join(content.to_json().values())):
        path = tag["path"].split(".")
        if name in path:
            return path[: path.index(name) + 1]
    return [name]


def _put(data: dict[str, Any], path: list[str]) -> bool:
    """Set a sample value. Return False when the path has a value already."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            return False
    is_new = path[-1] not in data
    data[path[-1]] = path[-1]
    return is_new
