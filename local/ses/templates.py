"""Template content: inline ones rendered here, stored ones by Handlebars."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from local.ses.errors import Refusal, RefusedError, bad_request
from local.ses.events.link_tracking import count_placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAG = re.compile(r"\{\{\{?\s*([^{}]*?)\s*\}?\}\}")
_PLAIN_NAME = re.compile(r"^[^\s{}#/>^!&~\"'()=|]+$")
OPEN_TRACKER = "ses:openTracker"


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """The three parts of a template; a missing part is None."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> TemplateContent:
        """From SES's `{Subject, Text, Html}`."""
        return cls(body.get("Subject"), body.get("Text"), body.get("Html"))

    def to_json(self) -> dict[str, str]:
        """Back to SES's keys, only the parts there are."""
        named = {"Subject": self.subject, "Text": self.text, "Html": self.html}
        return {name: part for name, part in named.items() if part is not None}


class RenderingFailedError(ValueError):
    """SES's text about a template it could not render."""


class Renderer(Protocol):
    """Renders one part of a stored template. Raises RenderingFailedError."""

    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The rendered text."""


def missing_attribute(name: str) -> RenderingFailedError:
    """The text of a Rendering Failure event and of TestRenderEmailTemplate."""
    return RenderingFailedError(f"Attribute '{name}' is not present in the rendering data.")


def parse_template_data(text: str | None) -> dict[str, Any]:
    """TemplateData: a JSON text of an object; missing text is invalid, too.

    Raises RefusedError.
    """
    try:
        data = json.loads(text or "")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise RefusedError(bad_request("The template data is invalid"))
    return data


def check_placeholders(content: TemplateContent) -> Refusal | None:
    """A template has one place for the pixel; the code is documented, the text is ours."""
    if count_placeholders(content.html) < 2:
        return None
    return bad_request("Template contains more than one {{" + OPEN_TRACKER + "}} placeholder.")


def check_operations(content: TemplateContent) -> Refusal | None:
    """Inline templates know plain substitution only: no block, partial, comment, helper."""
    for part in (content.subject, content.text, content.html):
        for found in _TAG.finditer(part or ""):
            if not _PLAIN_NAME.match(found.group(1)):
                return bad_request("Template contains unsupported operations.")
    return None


class InlineRenderer:
    """Plain substitution of `{{name}}` and `{{a.b}}`; values are not HTML-escaped."""

    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        """Raises RenderingFailedError naming the first attribute that is missing."""
        return _TAG.sub(lambda found: _value(found.group(1), data), template)


def _value(name: str, data: Mapping[str, Any]) -> str:
    if name == OPEN_TRACKER:
        return "{{" + OPEN_TRACKER + "}}"
    value: Any = data
    for key in name.split("."):
        if not isinstance(value, dict) or key not in value:
            raise missing_attribute(name)
        value = value[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def render_content(
    renderer: Renderer, content: TemplateContent, data: Mapping[str, Any]
) -> TemplateContent:
    """All parts rendered. Raises RenderingFailedError."""
    subject = await renderer.render(content.subject or "", data)
    text = None if content.text is None else await renderer.render(content.text, data)
    html = None if content.html is None else await renderer.render(content.html, data)
    return TemplateContent(subject, text, html)
