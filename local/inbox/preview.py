"""The previews of stored templates, rendered as the simulator renders them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from amsdal_mail.console.values import TemplateView
from local.ses.errors import RefusedError
from local.ses.templates import (
    RenderingFailedError,
    TemplateContent,
    parse_template_data,
    render_content,
)

if TYPE_CHECKING:
    from amsdal_mail.console.values import Template
    from local.ses.templates import Renderer

__all__ = ["preview"]

MISSING_ATTRIBUTE = re.compile(r"Attribute '(?P<name>[^']+)' is not present")
TAG = re.compile(r"\{\{\{?\s*(?P<path>[\w.]+)\s*\}?\}\}")
MAX_GUESSES = 50


async def preview(
    renderer: Renderer,
    template: Template,
    version: str | None,
    content: TemplateContent,
    data: str | None,
) -> TemplateView:
    """Return a template, rendered with the data, or with sample data for its variables."""
    if data is None:
        data = json.dumps(await _sample_data(renderer, content), indent=2)
    rendered, problem = await _render(renderer, content, data)
    return TemplateView(
        template,
        version,
        data,
        content.subject or "",
        content.text,
        content.html,
        (rendered.subject or "") if rendered else None,
        rendered.text if rendered else None,
        rendered.html if rendered else None,
        problem,
    )


async def _render(
    renderer: Renderer, content: TemplateContent, data: str
) -> tuple[TemplateContent | None, str | None]:
    """Return the rendered parts, or the text of the error."""
    try:
        return await render_content(renderer, content, parse_template_data(data)), None
    except (RenderingFailedError, RefusedError) as error:
        text = error.error.message if isinstance(error, RefusedError) else str(error)
        return None, text


async def _sample_data(renderer: Renderer, content: TemplateContent) -> dict[str, Any]:
    """Return data in which each missing variable has its own name as its value."""
    data: dict[str, Any] = {}
    for _guess in range(MAX_GUESSES):
        _, problem = await _render(renderer, content, json.dumps(data))
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
