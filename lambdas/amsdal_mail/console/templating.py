"""Jinja2 with the templates of this folder, and the filters of the pages."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["HERE", "elapsed", "render", "size"]

HERE = Path(__file__).parent
HUES = 12


def environment() -> Environment:
    """Return an environment that escapes all values and raises for an undefined name."""
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"clock": clock, "day": day, "elapsed": elapsed, "size": size, "hue": hue}
    pages.filters.update(filters)
    return pages


def render(name: str, **values: Any) -> str:
    """Render a page, or a part of a page."""
    return PAGES.get_template(name).render(**values)


def clock(at: datetime) -> str:
    """Return the time of day in the time zone of this machine."""
    return at.astimezone().strftime("%H:%M:%S")


def day(at: datetime) -> str:
    """Return the day and the time in the time zone of this machine."""
    return at.astimezone().strftime("%a %d %b %Y, %H:%M:%S")


def elapsed(at: datetime, start: datetime) -> str:
    """Return the time from `start` to `at`, such as +0.3 s or +2 min.

    SES writes whole milliseconds, so an event can seem to be earlier than its message.
    """
    seconds = max(0.0, (at.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    if seconds < 60:
        return f"+{seconds:.1f} s"
    return f"+{seconds / 60:.0f} min" if seconds < 3600 else f"+{seconds / 3600:.0f} h"


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def hue(text: str) -> int:
    """Return a colour number from 0 to 11, always the same for a text."""
    return zlib.crc32(text.lower().encode()) % HUES


PAGES = environment()
