"""Console: the source, the templates and the rights of a page's reader, for all pages."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

from amsdal_mail.console.templating import Renderer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from amsdal_mail.console.source import Source

    Page = Callable[["Console", Request], Awaitable[Response]]

__all__ = ["SECTIONS", "Console", "Extension", "Page", "Section"]

FORM_LIMIT = 1_000_000
"""Bytes of a form that a page sends."""
READ_ONLY = "This console only reads. Start it with --allow-changes to change something."
EXPIRED = "This form is of an earlier start of the page. Load the page again."


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation."""

    name: str
    title: str
    path: str


SECTIONS = (
    Section("emails", "Emails", "/"),
    Section("metrics", "Metrics", "/metrics"),
    Section("templates", "Templates", "/templates"),
    Section("suppressions", "Suppressions", "/suppressions"),
    Section("dead-letters", "Dead letters", "/dead-letters"),
    Section("doctor", "Doctor", "/doctor"),
    Section("api", "API", "/api"),
)


@dataclass(frozen=True, slots=True)
class Extension:
    """Pages and panels of another program beside those of the console.

    `panels` names a template by the page that includes it: `email` or `suppressions`.
    """

    folder: Path
    sections: tuple[Section, ...] = ()
    panels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    pages: tuple[tuple[str, str, Page], ...] = ()
    routes: tuple[BaseRoute, ...] = ()


@dataclass(frozen=True)
class Console:
    """What all pages need. `csrf` stands in each form of this run of the program."""

    source: Source
    allow_changes: bool = False
    extension: Extension | None = None
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    renderer: Renderer = field(init=False)

    def __post_init__(self) -> None:
        folders = [self.extension.folder] if self.extension else []
        object.__setattr__(self, "renderer", Renderer(folders))

    def render(self, name: str, section: str = "", **values: Any) -> str:
        """Render a template with the values of the frame around each page."""
        more = self.extension
        frame = {
            "section": section,
            "sections": (*SECTIONS, *(more.sections if more else ())),
            "panels": more.panels if more else {},
            "about": self.source.about(),
            "allow_changes": self.allow_changes,
            "csrf": self.csrf,
        }
        return self.renderer.render(name, **frame, **(more.values if more else {}), **values)

    async def form(self, request: Request) -> dict[str, str]:
        """Return the fields of a form that changes something. Raises HTTPException."""
        fields = await self.fields(request)
        if not self.allow_changes:
            raise HTTPException(403, READ_ONLY)
        return fields

    async def fields(self, request: Request) -> dict[str, str]:
        """Return the fields of a form. Raises HTTPException when it is not a form of the page."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_LIMIT:
                raise HTTPException(413, f"The form has more than {FORM_LIMIT:,} bytes.")
        pairs = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
        fields = {name: values[0] for name, values in pairs.items()}
        if not hmac.compare_digest(fields.pop("csrf", "").encode(), self.csrf.encode()):
            raise HTTPException(403, EXPIRED)
        return fields
