"""Jinja2 over this folder's templates, with the few filters the pages need."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
HUES = 12


def environment() -> Environment:
    """Everything is escaped, and a misspelt name is an error."""
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
    """One page or part of a page."""
    return _PAGES.get_template(name).render(**values)


def clock(at: datetime) -> str:
    """The time of day where the server stands, which is where its reader sits."""
    return at.astimezone().strftime("%H:%M:%S")


def day(at: datetime) -> str:
    """The day and the time."""
    return at.astimezone().strftime("%a %d %b %Y, %H:%M:%S")


def elapsed(at: datetime, start: datetime) -> str:
    """How long after `start`: +0.3 s, +2 min. SES writes milliseconds, so it may seem before."""
    seconds = max(0.0, (at.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    if seconds < 60:
        return f"+{seconds:.1f} s"
    return f"+{seconds / 60:.0f} min" if seconds < 3600 else f"+{seconds / 3600:.0f} h"


def size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def hue(text: str) -> int:
    """One of a few colours, always the same one for a text."""
    return zlib.crc32(text.lower().encode()) % HUES


_PAGES = environment()
