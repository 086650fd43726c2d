"""The results of the commands of templates, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.output import shorten
from amsdal_mail.cli.times import show_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from amsdal_mail.cli.templates.compare import Difference
    from amsdal_mail.cli.templates.content import Problem
    from amsdal_mail.cli.templates.pull import Pulled
    from amsdal_mail.cli.templates.push import Change
    from amsdal_mail.cli.templates.versions import TemplateVersions

__all__ = ["print_changes", "print_differences", "print_list", "print_problems", "print_pulled"]

TEXT_LIMIT = 300
LINE_LIMIT = 2_000
LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}
ACTION_STYLES = {"created": "green", "updated": "green", "mended": "yellow", "written": "green"}
STATE_STYLES = {"new": "green", "changed": "yellow", "lost": "red", "same": "dim"}


def print_problems(console: Console, problems: Sequence[Problem], count: int) -> None:
    """Print the problems of the files, and how many there are."""
    for problem in problems:
        line = Text(f"{problem.level:<8}", "red" if problem.level == "error" else "yellow")
        line.append("/".join(filter(None, (problem.template, problem.file))), "bold")
        console.print(line.append(f": {shorten(problem.rule, TEXT_LIMIT)}"), soft_wrap=True)
    errors = sum(problem.level == "error" for problem in problems)
    console.print(
        f"{_number(count, 'template')}, {_number(errors, 'error')}, "
        f"{_number(len(problems) - errors, 'warning')}"
    )


def print_list(console: Console, stored: Sequence[TemplateVersions]) -> None:
    """Print the templates of a stage with their versions."""
    if not stored:
        console.print("The stage has no template. See `amsdal-mail templates push`.")
        return
    table = Table("template", "version", "pushed (UTC)", "", box=None, pad_edge=False)
    for each in stored:
        for version in each.versions:
            is_current = version.version == each.version
            table.add_row(
                shorten(each.name, 64) if version is each.versions[0] else "",
                version.version,
                show_time(version.pushed_at),
                Text("sent now", "green") if is_current else "",
            )
    console.print(table)


def print_differences(console: Console, found: Sequence[Difference]) -> None:
    """Print what differs, as a unified diff."""
    for each in found:
        line = Text(each.state, STATE_STYLES.get(each.state, "default"))
        line.append(f"  {shorten(each.name, 64)}", "bold")
        versions = " → ".join(dict.fromkeys(filter(None, (each.stage_version, each.version))))
        console.print(line.append(f"  {versions}", "dim"))
        for diff_line in each.lines:
            text = shorten(diff_line, LINE_LIMIT)
            console.print(Text(text, LINE_STYLES.get(text[:1], "default")), soft_wrap=True)


def print_changes(console: Console, changes: Sequence[Change], *, dry_run: bool) -> None:
    """Print what a push or a rollback did."""
    for change in changes:
        line = Text(change.action, ACTION_STYLES.get(change.action, "default"))
        line.append(f"  {shorten(change.name, 64)}", "bold")
        before = change.before if change.before != change.version else ""
        line.append(f"  {' → '.join(filter(None, (before, change.version)))}", "dim")
        deleted = len(change.deleted)
        console.print(
            line.append(f"  {_number(deleted, 'old version')} deleted" if deleted else "")
        )
    if dry_run:
        console.print(Text("Nothing was pushed: --dry-run.", "dim"))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def print_pulled(console: Console, results: Sequence[Pulled]) -> None:
    """Print what became of each template of the stage."""
    for each in results:
        line = Text(each.action, ACTION_STYLES.get(each.action, "default"))
        line.append(f"  {shorten(each.name, 64)}", "bold")
        console.print(line.append(f"  {each.reason}" if each.reason else "", "dim"))
    if not results:
        console.print("Neither the stage nor SES has a template.")
