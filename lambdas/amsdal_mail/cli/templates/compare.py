"""The folder beside the stage: what differs, and what a pull writes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amsdal_mail.cli.templates.content import TemplateContent
from amsdal_mail.cli.templates.names import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from amsdal_mail.cli.templates.content import Template
    from amsdal_mail.cli.templates.versions import StageTemplates, TemplateVersions

__all__ = ["Difference", "compare", "unified"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A template of the folder beside the one of the stage."""

    name: str
    state: str
    """`new` (only in the folder), `changed`, `same`, `only on the stage` or `lost` (not in SES)."""
    version: str = ""
    """That of the folder."""
    stage_version: str = ""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The lines of a unified diff by part, from the stage to the folder."""

    @property
    def lines(self) -> Iterator[str]:
        """The lines of all parts."""
        return (line for lines in self.parts.values() for line in lines)


def compare(
    templates: Sequence[Template], stage: StageTemplates, *, with_others: bool = True
) -> list[Difference]:
    """Compare templates of the folder with the stage.

    `with_others` adds those that only the stage has.
    """
    known = stage.table.all()
    found = [_compare(template, known.get(template.name), stage) for template in templates]
    names = {template.name for template in templates}
    others = [each for name, each in known.items() if with_others and name not in names]
    return found + [
        Difference(each.name, "only on the stage", stage_version=each.version) for each in others
    ]


def unified(
    name: str, before: TemplateContent, after: TemplateContent
) -> dict[str, tuple[str, ...]]:
    """Return the lines of a unified diff for each part that differs."""
    parts = {}
    for (part, old), (_, new) in zip(before.parts(), after.parts(), strict=True):
        lines = difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"stage/{name}/{part}", f"folder/{name}/{part}",
            lineterm="",
        )  # fmt: skip
        if old != new:
            # A difference in the end of the last line alone shows no lines.
            parts[part] = tuple(lines) or (f"{name}/{part}: the ends of the lines differ",)
    return parts


def _compare(
    template: Template, stored: TemplateVersions | None, stage: StageTemplates
) -> Difference:
    version = version_of(template.content)
    if stored is None:
        parts = unified(template.name, TemplateContent(), template.content)
        return Difference(template.name, "new", version, "", parts)
    current = stored.current
    content = stage.ses.get(current.ses_name) if current else None
    if content is None:
        return Difference(template.name, "lost", version, stored.version)
    if content == template.content:
        return Difference(template.name, "same", version, stored.version)
    parts = unified(template.name, content, template.content)
    return Difference(template.name, "changed", version, stored.version, parts)
