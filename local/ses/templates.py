"""The content of templates: inline templates are rendered here, stored ones by Handlebars."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from local.ses.errors import Refusal, RefusedError, bad_request
from local.ses.events.link_tracking import count_placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "InlineRenderer",
    "Renderer",
    "RenderingFailedError",
    "TemplateContent",
    "check_operations",
    "check_placeholders",
    "missing_attribute",
    "parse_template_data",
    "render_content",
]

TAG = re.compile(r"\{\{\{?\s*([^{}]*?)\s*\}?\}\}")
PLAIN_NAME = re.compile(r"^[^\s{}#/>^!&~\"'()=|]+$")
OPEN_TRACKER = "ses:openTracker"


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """The three parts of a template. A missing part is None."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> TemplateContent:
        """Read the `{Subject, Text, Html}` of SES."""
        return cls(body.get("Subject"), body.get("Text"), body.get("Html"))

    def to_json(self) -> dict[str, str]:
        """Return the parts that are there, by the keys of SES."""
        parts = {"Subject": self.subject, "Text": self.text, "Html": self.html}
        return {name: part for name, part in parts.items() if part is not None}


class RenderingFailedError(ValueError):
    """A template that could not be rendered, with the text of SES."""


class Renderer(Protocol):
    """A renderer of template parts."""

    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        """Return the rendered text. Raises RenderingFailedError."""


def missing_attribute(name: str) -> RenderingFailedError:
    """Return the error of a missing attribute.

    Rendering Failure events and TestRenderEmailTemplate carry this text.
    """
    return RenderingFailedError(f"Attribute '{name}' is not present in the rendering data.")


def parse_template_data(text: str | None) -> dict[str, Any]:
    """Return the object in a TemplateData text.

    Raises RefusedError when the text is missing or is not a JSON object.
    """
    try:
        data = json.loads(text or "")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise RefusedError(bad_request("The template data is invalid"))
    return data


def check_placeholders(content: TemplateContent) -> Refusal | None:
    """Refuse a template with two places for the pixel.

    The error code is documented, its text is ours.
    """
    if count_placeholders(content.html) < 2:
        return None
    return bad_request("Template contains more than one {{" + OPEN_TRACKER + "}} placeholder.")


def check_operations(content: TemplateContent) -> Refusal | None:
    """Refuse blocks, partials, comments and helpers: inline templates have substitution only."""
    for part in (content.subject, content.text, content.html):
        for tag in TAG.finditer(part or ""):
            if not PLAIN_NAME.match(tag.group(1)):
                return bad_request("Template contains unsupported operations.")
    return None


class InlineRenderer(Renderer):
    """Plain substitution of `{{name}}` and `{{a.b}}`. Values are not HTML-escaped.

    A RenderingFailedError names the first attribute that is missing.
    """

    @override
    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        return TAG.sub(lambda tag: _value(tag.group(1), data), template)


def _value(name: str, data: Mapping[str, Any]) -> str:
    if name == OPEN_TRACKER:
        return "{{" + OPEN_TRACKER + "}}"
    value: Any = data
    for key in name.split("."):
        if not isinstance(value, dict) or key not in value:
            raise missing_attribute(name)
        value = value[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_nulls(value: Any) -> Any:
    """Return a JSON value without the attributes that are null, at each level."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


async def render_content(
    renderer: Renderer, content: TemplateContent, data: Mapping[str, Any]
) -> TemplateContent:
    """Return the content with all parts rendered. Raises RenderingFailedError.

    An attribute with the value null counts as missing:
    https://github.com/aws/aws-sdk-js/issues/2239
    """
    data = _without_nulls(data)
    subject = await renderer.render(content.subject or "", data)
    text = None if content.text is None else await renderer.render(content.text, data)
    html = None if content.html is None else await renderer.render(content.html, data)
    return TemplateContent(subject, text, html)
