"""The Typer app: the options that all commands share, and the commands."""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any

import typer

from amsdal_mail.cli import commands
from amsdal_mail.cli.invocation import Invocation, default_stage
from amsdal_mail.cli.output import AS_JSON

__all__ = ["build_app", "build_command"]

ORDER = (
    "send", "find", "show", "tail", "content", "resend", "schedule", "suppressions", "erase",
    "metrics", "templates", "doctor", "dead_letters", "console",
)  # fmt: skip
"""The order of the commands in the help, by their modules in `commands`. Others come last."""

HELP = """Find, see and mend the emails of a deployed stage.

The options --stage, --profile, --region and --json may stand before or after the command.

Exit codes: 0 done, 1 the operation failed or a check found a fault, 2 wrong usage or input, \
130 ended by Ctrl-C."""
SHARED = ("stage", "profile", "region", "json")
PANEL = "Options of all commands"


def build_app() -> typer.Typer:
    """Return the app with all commands."""
    app = typer.Typer(
        name="amsdal-mail",
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # it shows the values of variables, secrets among them
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in _command_modules():
        import_module(f"{commands.__name__}.{name}").register(app)
    return app


def _command_modules() -> list[str]:
    names = (module.name for module in iter_modules(commands.__path__))
    return sorted(
        names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)
    )


@cache
def build_command() -> Any:
    """Return what runs the app, where each command takes the shared options too."""
    root = typer.main.get_command(build_app())
    shared = [parameter for parameter in root.params if parameter.name in SHARED]
    for command in _below(root):
        command.params += shared
    return root


def _below(command: Any) -> Iterator[Any]:
    for child in getattr(command, "commands", {}).values():
        yield child
        yield from _below(child)


def _invocation(ctx: typer.Context) -> Invocation:
    invocation = ctx.find_root().obj
    assert isinstance(invocation, Invocation)  # noqa: S101 - main passes it
    return invocation


def _set_stage(ctx: typer.Context, value: str | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        _invocation(ctx).stage_name = value


def _set_profile(ctx: typer.Context, value: str | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        _invocation(ctx).profile = value


def _set_region(ctx: typer.Context, value: str | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        _invocation(ctx).region = value


def _set_json(value: bool) -> None:
    if value:
        AS_JSON.set(True)


def _show_version(value: bool) -> None:
    if value:
        from importlib import metadata

        try:
            version = metadata.version("amsdal_mail")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"amsdal-mail {version}")
        raise typer.Exit


def complete_stage() -> list[str]:
    """Return the stages that can be known without a call: those of cdk.json, and the local one."""
    names = ["local", default_stage()]
    try:
        context = json.loads(Path("cdk.json").read_text()).get("context", {})
        names += context.get("stages", {})
    except (OSError, ValueError, AttributeError, TypeError):
        pass
    return sorted({name for name in names if isinstance(name, str)})


def complete_profile() -> list[str]:
    """Return the profiles of AWS's config file.

    https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
    """
    config = configparser.RawConfigParser()
    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    try:
        config.read(path)
    except (configparser.Error, OSError, ValueError):
        return []
    profiles = (name for name in config.sections() if name.split()[0] in {"profile", "default"})
    return [name.removeprefix("profile").strip() for name in profiles]


def _root(
    stage: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The stage: its stack is AmsdalMail-NAME; local is what make local runs."
            " Default: AMSDAL_MAIL_STAGE, or dev.",
            callback=_set_stage,
            expose_value=False,
            autocompletion=complete_stage,
            rich_help_panel=PANEL,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="P",
            help="The profile of AWS's config files. Default: AWS_PROFILE.",
            callback=_set_profile,
            expose_value=False,
            autocompletion=complete_profile,
            rich_help_panel=PANEL,
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="R",
            help="The AWS region. Default: AWS_REGION, or that of the profile.",
            callback=_set_region,
            expose_value=False,
            rich_help_panel=PANEL,
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write JSON: the result to standard output, an error to standard error.",
            callback=_set_json,
            expose_value=False,
            rich_help_panel=PANEL,
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version.",
            callback=_show_version,
            expose_value=False,
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass
