"""`amsdal-mail console`: the pages of a stage, in the browser of this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import note, print_result

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["console", "register"]

EPILOG = examples(
    "console --stage prod",
    "console --stage prod --allow-changes",
    "console --stage local --port 4900 --no-open",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("console", epilog=EPILOG)(console)


def console(
    ctx: typer.Context,
    allow_changes: Annotated[
        bool,
        typer.Option(
            "--allow-changes",
            help="Let the page send again, cancel, move, remove suppressions and redrive.",
        ),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port. Default: a free one.")] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, and open no browser.")
    ] = False,
) -> None:
    """Show a stage in the browser: emails, metrics, templates, suppressions, dead letters.

    The page listens on this machine alone. Its address works once, and for one browser. Without
    --allow-changes, the page only reads.
    """
    # The server and the templates take a while to load: the help of other commands needs neither.
    from amsdal_mail.console import server
    from amsdal_mail.console.context import Console
    from amsdal_mail.console.stage_source import StageSource

    invocation: Invocation = ctx.obj
    try:
        listener = server.listen(port)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"--port {port} cannot be used: {reason}."
        raise UsageError(message, "Choose another port, or none.") from error
    with listener:
        source = StageSource(invocation.stage())
        pages = Console(source, allow_changes=allow_changes)
        server.serve(pages, listener, lambda address: _announce(address, is_opened=not no_open))


def _announce(address: str, *, is_opened: bool) -> None:
    print_result({"address": address}, lambda terminal: terminal.print(address, soft_wrap=True))
    sys.stdout.flush()
    note("The address works once. Ctrl-C ends the console.")
    if is_opened:
        import webbrowser

        webbrowser.open(address)
