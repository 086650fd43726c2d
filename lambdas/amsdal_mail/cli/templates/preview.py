"""Preview: a template filled with its sample, as SES would fill it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.templates.engine import RenderingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amsdal_mail.cli.templates.content import Template, TemplateContent
    from amsdal_mail.cli.templates.engine import Engine

__all__ = ["read_data", "rendered", "write_html"]


def rendered(template: Template, data: Mapping[str, Any], engine: Engine) -> TemplateContent:
    """Return the three parts, filled with the data.

    Raises:
        CommandError: a file cannot be read, or a part cannot be rendered. It names the file.
    """
    if template.problems:
        problem = template.problems[0]
        raise CommandError(f"{template.name}/{problem.file}: {problem.rule}.")
    try:
        return engine.render_all(template.content, data)
    except RenderingError as error:
        text = " ".join(str(error).split())
        cure = "See `amsdal-mail templates check`."
        raise CommandError(f"{template.name} cannot be rendered: {text}.", cure) from error


def read_data(path: Path) -> dict[str, Any]:
    """Return the data of a JSON file.

    Raises:
        UsageError: it cannot be read, or is not a JSON object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"--data {path} cannot be read: {error}.") from error
    if not isinstance(data, dict):
        raise UsageError(f"--data {path} must be a JSON object.")
    return data


def write_html(html: str, path: Path | None, name: str) -> Path:
    """Write the HTML to a file, or to a new temporary one, and return its path.

    Raises:
        CommandError: it cannot be written.
    """
    try:
        path = path or Path(tempfile.mkdtemp(prefix="amsdal-mail-")) / f"{name}.html"
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    return path
