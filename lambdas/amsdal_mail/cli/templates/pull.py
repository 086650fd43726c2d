"""Pull: write the templates of a stage into the folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.templates import placeholders
from amsdal_mail.cli.templates.engine import RenderingError
from amsdal_mail.cli.templates.folder import read_template, write_template
from amsdal_mail.cli.templates.names import NAME_RULE, is_name, is_version_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from amsdal_mail.cli.templates.content import TemplateContent
    from amsdal_mail.cli.templates.engine import Engine
    from amsdal_mail.cli.templates.versions import StageTemplates

__all__ = ["Pulled", "pull"]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of a template of the stage."""

    name: str
    action: str
    """`written`, `same`, `kept` (the files differ, and stay), `skipped` or `lost` (not in SES)."""
    reason: str = ""


def pull(
    folder: Path,
    names: Sequence[str],
    stage: StageTemplates,
    engine: Engine,
    *,
    has_force: bool = False,
) -> Iterator[Pulled]:
    """Write the templates of these names, or all, and yield what became of each.

    A template that SES has under its plain name, such as one made by hand, is pulled too. Files
    that differ stay, unless `has_force`.

    Raises:
        UsageError: the stage and SES have no template of the name.
        CommandError: a file cannot be written.
    """
    known = stage.table.all()
    wanted = list(dict.fromkeys(names)) or [*known, *_by_hand(stage, known)]
    for name in wanted:
        stored = known.get(name)
        current = stored.current if stored else None
        if not is_name(name):
            yield Pulled(name, "skipped", f"its name {NAME_RULE}")
            continue
        content = stage.ses.get(current.ses_name if current else name)
        if content is None and stored is None:
            raise UsageError(f"Neither the stage nor SES has a template {name}.")
        if content is None:
            yield Pulled(name, "lost", "SES does not have its version")
            continue
        yield _write(folder / name, content, engine, has_force=has_force)


def _write(folder: Path, content: TemplateContent, engine: Engine, *, has_force: bool) -> Pulled:
    if folder.exists():
        present = read_template(folder, engine).content
        if present == content:
            return Pulled(folder.name, "same")
        if not has_force and any(text for _, text in present.parts()):
            return Pulled(folder.name, "kept", "the files differ: see `templates diff`, or --force")
    try:
        places = [place for _, text in content.parts() for place in engine.inspect(text)[0]]
    except RenderingError:
        places = []
    write_template(folder, content, placeholders.sample_for(places))
    return Pulled(folder.name, "written")


def _by_hand(stage: StageTemplates, known: Collection[str]) -> Iterator[str]:
    """Return the templates of SES that are no versions."""
    return (name for name in stage.ses.names() if not is_version_name(name) and name not in known)
