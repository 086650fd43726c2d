"""Push, rollback and prune: move a stage to another version of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.templates.errors import VersionConflictError
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.versions import TemplateVersions, Version

if TYPE_CHECKING:
    from amsdal_mail.cli.templates.content import Template, TemplateContent
    from amsdal_mail.cli.templates.versions import StageTemplates

__all__ = ["KEEP", "MOST_KEPT", "Change", "push", "rollback"]

KEEP = 10
"""How many versions of a template stay, the newest of them the one that was pushed."""
MOST_KEPT = 50
"""The item of a template is read with each email: it stays small."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a push or a rollback did to a template, or would do."""

    name: str
    action: str
    """`created`, `updated`, `unchanged`, `mended` (SES had lost the version) or `rolled back`."""
    version: str
    before: str = ""
    """The version that the stage sent before; empty for a new template."""
    deleted: tuple[str, ...] = ()
    """The names in SES of the old versions that were deleted."""


def push(
    templates: Sequence[Template],
    stage: StageTemplates,
    *,
    keep: int = KEEP,
    is_dry_run: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Change]:
    """Push what differs from the stage, and yield a change for each template.

    The version is in SES before the stage points to it. Old versions are deleted last.

    Raises:
        VersionConflictError: another command changed a template meanwhile.
        CommandError: SES has another content under the name of the version.
    """
    known = stage.table.all()
    for template in templates:
        version = version_of(template.content)
        stored = known.get(template.name) or TemplateVersions(template.name, "", ())
        if is_dry_run:
            yield _would_be(template, stored, version, stage)
            continue
        yield _push(template, stored, version, stage, keep, now().isoformat(timespec="seconds"))


def rollback(name: str, version: str | None, stage: StageTemplates) -> Change:
    """Point the stage to an earlier version: the given one, or the one before the present one.

    Raises:
        UsageError: the stage does not have the template, or not the version.
        VersionConflictError: another command changed the template meanwhile.
        CommandError: SES does not have the version any more.
    """
    stored = stage.table.get(name)
    if not stored.revision:
        raise UsageError(f"The stage has no template {name}.", "See `templates list`.")
    target = stored.find(version) if version else stored.previous
    if target is None:
        kept = ", ".join(each.version for each in stored.versions)
        what = f"no version {version}" if version else "no earlier version"
        raise UsageError(f"The stage has {what} of {name}.", f"It has, newest first: {kept}.")
    if stage.ses.get(target.ses_name) is None:
        raise CommandError(
            f"SES does not have the template {target.ses_name} any more.",
            "Check out the files of that version, and push them.",
        )
    if target.version == stored.version:
        return Change(name, "unchanged", target.version, stored.version)
    stage.table.put(replace(stored, version=target.version))
    return Change(name, "rolled back", target.version, stored.version)


def _would_be(
    template: Template, stored: TemplateVersions, version: str, stage: StageTemplates
) -> Change:
    if not stored.revision:
        return Change(template.name, "created", version)
    if stored.version != version:
        return Change(template.name, "updated", version, stored.version)
    current = stored.current
    is_lost = current is None or stage.ses.get(current.ses_name) is None
    return Change(template.name, "mended" if is_lost else "unchanged", version, version)


def _push(
    template: Template,
    stored: TemplateVersions,
    version: str,
    stage: StageTemplates,
    keep: int,
    now: str,
) -> Change:
    name, ses_name = template.name, stage.ses_name(template.name, version)
    if stored.version == version:
        is_new = _ensure(stage, ses_name, template.content, is_likely_there=True)
        return Change(name, "mended" if is_new else "unchanged", version, version)
    _ensure(stage, ses_name, template.content, is_likely_there=stored.find(version) is not None)
    others = [each for each in stored.versions if each.version != version]
    pushed = replace(
        stored,
        version=version,
        versions=(Version(version, ses_name, now), *others[: max(keep, 1) - 1]),
    )
    try:
        stage.table.put(pushed)
    except VersionConflictError:
        # The same content, pushed twice at the same time, is no conflict.
        if stage.table.get(name).version != version:
            raise
        return Change(name, "unchanged", version, version)
    deleted = _prune(stage, name, [each.ses_name for each in others[max(keep, 1) - 1 :]])
    action = "updated" if stored.revision else "created"
    return Change(name, action, version, stored.version, deleted)


def _ensure(
    stage: StageTemplates, ses_name: str, content: TemplateContent, *, is_likely_there: bool
) -> bool:
    """Let SES have the version. Return whether it was missing."""
    present = stage.ses.get(ses_name) if is_likely_there else None
    if present is None:
        if stage.ses.create(ses_name, content):
            return True
        present = stage.ses.get(ses_name)
    if present != content:
        raise CommandError(
            f"The template {ses_name} of SES was changed by hand: a version never changes.",
            f"Delete it (aws sesv2 delete-email-template --template-name {ses_name}), push again.",
        )
    return False


def _prune(stage: StageTemplates, name: str, old: Sequence[str]) -> tuple[str, ...]:
    """Delete old versions, unless the stage has one of them again."""
    deleted = []
    for ses_name in old:
        kept = {each.ses_name for each in stage.table.get(name).versions}
        if ses_name not in kept:
            stage.ses.delete(ses_name)
            deleted.append(ses_name)
    return tuple(deleted)
