"""The calls of stored templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses.account import StoredTemplate
from local.ses.errors import RefusedError, already_exists, bad_request, refuse, template_missing
from local.ses.http.paging import page
from local.ses.messages import new_id
from local.ses.mime.compose import Content, Envelope, compose
from local.ses.templates import (
    RenderingFailedError,
    TemplateContent,
    check_placeholders,
    parse_template_data,
    render_content,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.ses.errors import Refusal
    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator

__all__ = ["CALLS"]

MAX_TEMPLATE_BYTES = 500 * 1024


async def create(ses: Simulator, _request: Request, body: Json) -> Json:
    """CreateEmailTemplate."""
    name = body["TemplateName"]
    if name in ses.account.templates:
        text = f"Template {name} already exists for account id {ses.aws.account}"
        raise RefusedError(already_exists(text))
    ses.account.templates[name] = await _stored(ses, name, body)
    return {}


async def get(ses: Simulator, request: Request, _body: Json) -> Json:
    """GetEmailTemplate."""
    stored = _named(ses, request)
    return {"TemplateName": stored.name, "TemplateContent": stored.content.to_json()}


async def update(ses: Simulator, request: Request, body: Json) -> Json:
    """UpdateEmailTemplate."""
    name = _named(ses, request).name
    ses.account.templates[name] = await _stored(ses, name, body)
    return {}


async def delete(ses: Simulator, request: Request, _body: Json) -> Json:
    """DeleteEmailTemplate."""
    del ses.account.templates[_named(ses, request).name]
    return {}


async def list_all(ses: Simulator, request: Request, body: Json) -> Json:
    """ListEmailTemplates."""
    rows = [
        {"TemplateName": stored.name, "CreatedTimestamp": stored.created_at.timestamp()}
        for stored in ses.account.templates.values()
    ]
    return page(rows, "TemplatesMetadata", request, body)


async def test_render(ses: Simulator, request: Request, body: Json) -> Json:
    """TestRenderEmailTemplate. A missing attribute is an error here."""
    stored = _named(ses, request)
    data = parse_template_data(body.get("TemplateData"))
    try:
        parts = await render_content(ses.handlebars, stored.content, data)
    except RenderingFailedError as error:
        raise RefusedError(bad_request(str(error))) from error
    now = ses.now()
    envelope = Envelope(new_id(now, ses.region), now, ses.region)
    mime = compose(envelope, Content(parts.subject or "", parts.text, parts.html))
    return {"RenderedTemplate": mime.decode("ascii")}


CALLS = (
    ("POST", "/templates", "CreateEmailTemplate", create),
    ("GET", "/templates", "ListEmailTemplates", list_all),
    ("GET", "/templates/{name}", "GetEmailTemplate", get),
    ("PUT", "/templates/{name}", "UpdateEmailTemplate", update),
    ("DELETE", "/templates/{name}", "DeleteEmailTemplate", delete),
    ("POST", "/templates/{name}/render", "TestRenderEmailTemplate", test_render),
)


async def _stored(ses: Simulator, name: str, body: Json) -> StoredTemplate:
    content = TemplateContent.from_json(body["TemplateContent"])
    refuse(_check(content))
    for part in content.to_json().values():
        try:
            await ses.handlebars.check(part)
        except RenderingFailedError as error:
            # Version 1 of the API has InvalidTemplate. The text is that of the template library.
            raise RefusedError(bad_request(str(error))) from error
    return StoredTemplate(name, content, ses.now())


def _check(content: TemplateContent) -> Refusal | None:
    if not content.subject:
        return bad_request("The subject must be specified.")
    size = sum(len(part.encode()) for part in content.to_json().values())
    if size > MAX_TEMPLATE_BYTES:
        return bad_request(f"Template size {size} exceeds {MAX_TEMPLATE_BYTES} bytes.")  # ours
    return check_placeholders(content)


def _named(ses: Simulator, request: Request) -> StoredTemplate:
    name = request.path_params["name"]
    stored = ses.account.templates.get(name)
    if stored is None:
        raise RefusedError(template_missing(name))
    return stored
