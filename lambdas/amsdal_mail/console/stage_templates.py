"""The templates of a stage for the pages: versions of the table, content of SES, a preview."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import Template, TemplateView

if TYPE_CHECKING:
    from amsdal_mail.cli.stage import Stage
    from amsdal_mail.cli.templates.content import TemplateContent
    from amsdal_mail.cli.templates.engine import Engine
    from amsdal_mail.cli.templates.versions import StageTemplates, TemplateVersions

__all__ = ["StageTemplatePages", "preview", "read_data"]

NAMES_LIMIT = 500
"""Templates of SES that the list shows."""


@dataclass(frozen=True, slots=True)
class StageTemplatePages:
    """What the pages of templates need of a stage."""

    stage: Stage

    def list(self) -> list[Template]:
        """Return the templates that were pushed, and those that SES has beside them."""
        from amsdal_mail.cli.templates.names import is_version_name

        templates = self._templates()
        pushed = templates.table.all()
        others = []
        for name in templates.ses.names():
            if not is_version_name(name) and name not in pushed:
                others.append(Template(name))
            if len(others) == NAMES_LIMIT:
                break
        return [*map(_listed, pushed.values()), *others]

    def view(self, name: str, version: str | None, data: str | None) -> TemplateView:
        """Return a version of a template, by default the one that is sent, rendered."""
        from amsdal_mail.cli.templates.engine import Engine

        templates = self._templates()
        versions = templates.table.get(name)
        listed = _listed(versions) if versions.version else Template(name)
        chosen = version or listed.current
        found = versions.find(chosen) if chosen else None
        if version and found is None:
            raise SourceError("The stage does not keep this version.", status=404)
        content = templates.ses.get(found.ses_name if found else name)
        if content is None:
            raise SourceError("SES has no template of this name.", status=404)
        with Engine() as engine:
            return preview(engine, listed, chosen, content, data)

    def _templates(self) -> StageTemplates:
        from amsdal_mail.cli.templates.versions import StageTemplates

        return StageTemplates.of(self.stage)


def preview(
    engine: Engine,
    template: Template,
    version: str | None,
    content: TemplateContent,
    data: str | None,
) -> TemplateView:
    """Return a template, rendered with the data, or with sample data for its placeholders."""
    from amsdal_mail.cli.errors import CommandError
    from amsdal_mail.cli.templates.engine import RenderingError
    from amsdal_mail.cli.templates.placeholders import sample_for

    rendered, problem = None, None
    try:
        if data is None:
            places = [place for _, part in content.parts() for place in engine.inspect(part)[0]]
            data = json.dumps(sample_for(places), indent=2, ensure_ascii=False)
        rendered = engine.render_all(content, read_data(data))
    except (RenderingError, ValueError) as error:
        problem = str(error)
    except CommandError as error:
        problem = " ".join(filter(None, (error.message, error.cure)))
    return TemplateView(
        template,
        version,
        data or "{}",
        content.subject,
        content.text or None,
        content.html or None,
        rendered.subject if rendered else None,
        (rendered.text or None) if rendered else None,
        (rendered.html or None) if rendered else None,
        problem,
    )


def read_data(text: str) -> dict[str, Any]:
    """Return the template data. Raises ValueError when it is not a JSON object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The data must be JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError("The data must be a JSON object.")  # noqa: TRY004 - a wrong input
    return data


def _listed(versions: TemplateVersions) -> Template:
    current = versions.current
    pushed_at = datetime.fromisoformat(current.pushed_at) if current else None
    names = tuple(each.version for each in versions.versions)
    return Template(versions.name, pushed_at, "", names, versions.version)
