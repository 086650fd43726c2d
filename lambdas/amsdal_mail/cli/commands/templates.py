"""`amsdal-mail templates`: check, compare, push and pull the templates of a folder."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from amsdal_mail.cli.errors import ExitCode
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import note, print_result
from amsdal_mail.cli.templates.check import check, has_errors
from amsdal_mail.cli.templates.engine import Engine
from amsdal_mail.cli.templates.folder import read_folder
from amsdal_mail.cli.templates.preview import read_data, rendered, write_html
from amsdal_mail.cli.templates.printing import (
    print_changes,
    print_differences,
    print_list,
    print_problems,
    print_pulled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation
    from amsdal_mail.cli.templates.content import Template
    from amsdal_mail.cli.templates.push import Change
    from amsdal_mail.cli.templates.versions import StageTemplates, TemplateVersions

__all__ = ["register"]

KEEP, MOST_KEPT = 10, 50
"""As in `templates.push`, which loads the SDK of AWS."""

app = typer.Typer(
    name="templates",
    help="Keep the templates of SES as files of a folder, in versions.",
    epilog=examples("templates check", "templates push --stage prod", "templates list"),
    no_args_is_help=True,
)
Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Only these templates. Default: all.")
]
Folder = Annotated[
    Path, typer.Option("--folder", "-f", metavar="PATH", help="The folder of the templates.")
]
DEFAULT_FOLDER = Path("emails")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(app)


@app.command(
    "check",
    epilog=examples("templates check", "templates check password-reset", "templates check --json"),
)
def check_command(names: Names = None, folder: Folder = DEFAULT_FOLDER) -> int:
    """Check the files: what SES would refuse, and what a reader would suffer from."""
    with Engine() as engine:
        templates = read_folder(folder, names or (), engine)
        problems = [problem for template in templates for problem in check(template, engine)]
    count = len(templates)
    data = {"templates": [each.name for each in templates], "problems": list(map(asdict, problems))}
    print_result(data, lambda console: print_problems(console, problems, count))
    return ExitCode.FAILED if has_errors(problems) else ExitCode.DONE


@app.command("list", epilog=examples("templates list", "templates list --stage prod --json"))
def list_command(ctx: typer.Context) -> None:
    """List the templates of the stage, with their versions."""
    stored = sorted(_stage(ctx).table.all().values(), key=lambda each: each.name)
    data = [_versions(each) for each in stored]
    print_result({"templates": data}, lambda console: print_list(console, stored))


@app.command(
    "diff", epilog=examples("templates diff", "templates diff password-reset --stage prod")
)
def diff_command(
    ctx: typer.Context,
    names: Names = None,
    folder: Folder = DEFAULT_FOLDER,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when something differs.")
    ] = False,
) -> int:
    """Show what a push would change on the stage."""
    from amsdal_mail.cli.templates.compare import compare

    templates = _read(folder, names)
    found = compare(templates, _stage(ctx), with_others=not names)
    data = [{**asdict(each), "parts": dict(each.parts)} for each in found]
    print_result({"templates": data}, lambda console: print_differences(console, found))
    differs = any(each.state not in {"same", "only on the stage"} for each in found)
    return ExitCode.FAILED if exit_code and differs else ExitCode.DONE


@app.command(
    "push",
    epilog=examples("templates push --dry-run", "templates push", "templates push password-reset"),
)
def push_command(
    ctx: typer.Context,
    names: Names = None,
    folder: Folder = DEFAULT_FOLDER,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be pushed, and push nothing.")
    ] = False,
    keep: Annotated[
        int,
        typer.Option(
            min=2, max=MOST_KEPT, metavar="N", help="How many versions of a template to keep."
        ),
    ] = KEEP,
) -> int:
    """Push what differs: a new version in SES, to which the stage then points."""
    from amsdal_mail.cli.templates.push import push

    with Engine() as engine:
        templates = read_folder(folder, names or (), engine)
        problems = [problem for template in templates for problem in check(template, engine)]
    if has_errors(problems):
        failed = {"changes": [], "problems": list(map(asdict, problems)), "is_dry_run": dry_run}
        print_result(failed, lambda console: print_problems(console, problems, len(templates)))
        note("Nothing was pushed.")
        return ExitCode.FAILED
    changes: list[Change] = []
    for change in push(templates, _stage(ctx), keep=keep, is_dry_run=dry_run):
        changes.append(change)
        if change.action != "unchanged" and not dry_run:
            note(f"{change.name}: {change.action}")
    data = {
        "changes": list(map(asdict, changes)),
        "problems": list(map(asdict, problems)),
        "is_dry_run": dry_run,
    }
    print_result(data, lambda console: print_changes(console, changes, dry_run=dry_run))
    return ExitCode.DONE


@app.command(
    "pull", epilog=examples("templates pull", "templates pull welcome --stage prod --force")
)
def pull_command(
    ctx: typer.Context,
    names: Names = None,
    folder: Folder = DEFAULT_FOLDER,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that differ from the stage.")
    ] = False,
) -> int:
    """Write the templates of the stage into the folder, also those made by hand in SES."""
    from amsdal_mail.cli.templates.pull import pull

    with Engine() as engine:
        results = list(pull(folder, names or (), _stage(ctx), engine, has_force=force))

    print_result(
        {"templates": list(map(asdict, results))}, lambda console: print_pulled(console, results)
    )
    is_whole = all(each.action in {"written", "same"} for each in results)
    return ExitCode.DONE if is_whole else ExitCode.FAILED


@app.command(
    "preview",
    epilog=examples(
        "templates preview order-confirmation",
        "templates preview order-confirmation --open",
        "templates preview order-confirmation --data other.json --out preview.html",
    ),
)
def preview_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The template.")],
    folder: Folder = DEFAULT_FOLDER,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="JSON, in place of the sample.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the HTML to this file.")
    ] = None,
    is_open: Annotated[bool, typer.Option("--open", help="Open the HTML in a browser.")] = False,
) -> None:
    """Fill a template with its sample, as SES does, and show the subject and the text."""
    with Engine() as engine:
        (template,) = read_folder(folder, [name], engine)
        values = read_data(data) if data else template.sample
        content = rendered(template, values, engine)
    file = write_html(content.html, out, name) if out or is_open else None

    def human(console: Console) -> None:
        console.print(Text(content.subject, "bold"))
        console.print()
        console.print(Text(content.text))
        if file:
            console.print(Text(f"HTML: {file}", "dim"))

    print_result({"name": name, **asdict(content), "file": str(file) if file else None}, human)
    if file and is_open:
        webbrowser.open(file.absolute().as_uri())


@app.command(
    "rollback",
    epilog=examples(
        "templates rollback password-reset", "templates rollback password-reset 1a2b3c4d"
    ),
)
def rollback_command(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The template.")],
    version: Annotated[
        str | None,
        typer.Argument(metavar="VERSION", help="Default: the version before the present one."),
    ] = None,
) -> None:
    """Let the stage send an earlier version of a template, at once."""
    from amsdal_mail.cli.templates.push import rollback

    change = rollback(name, version, _stage(ctx))
    print_result(asdict(change), lambda console: print_changes(console, [change], dry_run=False))


def _stage(ctx: typer.Context) -> StageTemplates:
    from amsdal_mail.cli.templates.versions import StageTemplates

    invocation: Invocation = ctx.obj
    return StageTemplates.of(invocation.stage())


def _read(folder: Path, names: Sequence[str] | None) -> list[Template]:
    with Engine() as engine:
        templates = read_folder(folder, names or (), engine)
    for problem in (problem for template in templates for problem in template.problems):
        note(f"{problem.template}/{problem.file}: {problem.rule}")
    return templates


def _versions(stored: TemplateVersions) -> dict[str, Any]:
    return {
        "name": stored.name,
        "version": stored.version,
        "versions": [asdict(version) for version in stored.versions],
    }
