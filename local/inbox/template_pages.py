"""The pages of stored templates: the list, one template with a preview from data of one's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from local.inbox import mail_frame, responses
from local.inbox.templating import render
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

_MISSING = re.compile(r"Attribute '(?P<name>[^']+)' is not present")
_TAG = re.compile(r"\{\{\{?\s*(?P<path>[\w.]+)\s*\}?\}\}")
_MOST_GUESSES = 50


async def index(inbox: Inbox, _request: Request) -> Response:
    """All templates."""
    return responses.page(render("templates.html", current="", **_common(inbox)))


async def detail(inbox: Inbox, request: Request) -> Response:
    """One template, rendered with the data given or with data made up for its variables."""
    stored = _stored(inbox, request)
    given = request.query_params.get("data")
    written = given or json.dumps(await _made_up(inbox, stored.content), indent=2)
    made, problem = await _rendered(inbox, stored.content, written)
    values = _common(inbox) | {
        "stored": stored, "written": written, "made": made, "problem": problem,
        "sandbox": mail_frame.SANDBOX,
    }  # fmt: skip
    return responses.page(render("template.html", current=stored.name, **values))


async def html(inbox: Inbox, request: Request) -> Response:
    """The rendered HTML, for the sandboxed frame."""
    data = request.query_params.get("data", "{}")
    made, problem = await _rendered(inbox, _stored(inbox, request).content, data)
    if made is None or made.html is None:
        raise HTTPException(404, problem or "The template has no HTML.")
    return responses.frame(mail_frame.framed(made.html, {}))


def _common(inbox: Inbox) -> dict[str, Any]:
    return inbox.common("templates") | {"templates": list(inbox.ses.account.templates.values())}


def _stored(inbox: Inbox, request: Request) -> StoredTemplate:
    found = inbox.ses.account.templates.get(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "There is no template of this name.")
    return found


async def _rendered(
    inbox: Inbox, content: TemplateContent, data: str
) -> tuple[TemplateContent | None, str | None]:
    """The rendered parts, or why there are none."""
    try:
        return await render_content(inbox.ses.handlebars, content, parse_template_data(data)), None
    except (RenderingFailedError, RefusedError) as error:
        text = error.error.message if isinstance(error, RefusedError) else str(error)
        return None, text


async def _made_up(inbox: Inbox, content: TemplateContent) -> dict[str, Any]:
    """Every variable that is missed gets its own name for a value."""
    data: dict[str, Any] = {}
    for _guess in range(_MOST_GUESSES):
        _, problem = await _rendered(inbox, content, json.dumps(data))
        missing = _MISSING.search(problem or "")
        if missing is None or not _put(data, _path(content, missing["name"])):
            break
    return data


def _path(content: TemplateContent, name: str) -> list[str]:
    """Where the templates look for what is missing; the renderer names the last key alone."""
    for found in _TAG.finditer("".join(content.to_json().values())):
        path = found["path"].split(".")
        if name in path:
            return path[: path.index(name) + 1]
    return [name]


def _put(data: dict[str, Any], path: list[str]) -> bool:
    """False when a value stands where an object would have to."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            return False
    known = path[-1] in data
    data[path[-1]] = path[-1]
    return not known
