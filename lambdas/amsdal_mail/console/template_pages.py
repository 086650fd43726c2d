"""The pages of stored templates: the list, and a template with a preview and its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import mail_frame, responses

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import TemplateView

__all__ = ["detail", "html", "index"]

DATA_LIMIT = 100_000
"""Characters of the template data of a preview."""


async def index(console: Console, _request: Request) -> Response:
    """Show all templates."""
    templates = await console.source.templates()
    html = console.render("templates.html", "templates", current="", templates=templates)
    return responses.page(html)


async def detail(console: Console, request: Request) -> Response:
    """Show a template, rendered with the given data or with sample data for its variables."""
    templates = await console.source.templates()
    view = await _view(console, request)
    html = console.render(
        "template.html", "templates", current=view.template.name, templates=templates, view=view,
        sandbox=mail_frame.SANDBOX,
    )  # fmt: skip
    return responses.page(html)


async def html(console: Console, request: Request) -> Response:
    """Return the rendered HTML, for the sandboxed frame."""
    view = await _view(console, request)
    if view.rendered_html is None:
        raise HTTPException(404, view.problem or "The template has no HTML.")
    return responses.frame(mail_frame.framed(view.rendered_html, {}))


async def _view(console: Console, request: Request) -> TemplateView:
    query = request.query_params
    data = query.get("data")
    if data is not None and len(data) > DATA_LIMIT:
        raise HTTPException(400, f"data: must have at most {DATA_LIMIT:,} characters.")
    version = query.get("version") or None
    return await console.source.template(request.path_params["name"], version, data)
