"""Jinja2 with the templates of this folder, and the filters of the pages."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from amsdal_mail.console.labels import event_label, state_label, summary_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HERE", "Renderer", "elapsed", "moment", "size"]

HERE = Path(__file__).parent
HUES = 12


class Renderer:
    """Renders the pages. `folders` have further templates, of other parts of a program."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._pages = Environment(
            loader=FileSystemLoader([*folders, HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters.update(
            moment=moment, elapsed=elapsed, size=size, hue=hue, state_label=state_label,
            event_label=event_label, summary_lines=summary_lines,
        )  # fmt: skip

    def render(self, name: str, **values: Any) -> str:
        """Render a page, or a part of a page."""
        return self._pages.get_template(name).render(**values)


def moment(at: datetime, form: str = "day") -> Markup:
    """Return the element of a time. A script shows it in the zone and words of the reader.

    `form` is `clock` (today the time of day, else the date), `event` (the time of day, with the
    date where it is not today) or `day` (both in full). Without the script, it is in UTC.
    """
    utc = at.astimezone(UTC)
    text = utc.strftime("%d %b, %H:%M" if form != "day" else "%a %d %b %Y, %H:%M:%S UTC")
    element = '<time datetime="{}" data-form="{}" title="{}">{}</time>'
    title = utc.strftime("%d %b %Y, %H:%M:%S UTC")
    return Markup(element).format(utc.isoformat(), form, title, text)  # noqa: S704 - it escapes


def elapsed(at: datetime, start: datetime) -> str:
    """Return the time from `start` to `at`, such as +0.3 s or +2 min.

    SES writes whole milliseconds, so an event can seem to be earlier than its message.
    """
    seconds = max(0.0, (at.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    if seconds < 60:
        return f"+{seconds:.1f} s"
    if seconds < 3600:
        return f"+{seconds / 60:.0f} min"
    return f"+{seconds / 3600:.0f} h" if seconds < 172_800 else f"+{seconds / 86_400:.0f} days"


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def hue(text: str) -> int:
    """Return a colour number from 0 to 11, always the same for a text."""
    return zlib.crc32(text.lower().encode()) % HUES
