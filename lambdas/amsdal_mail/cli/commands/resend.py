"""`amsdal-mail resend`: the kept content of an email once more, as a new email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from amsdal_mail.cli.commands.send import KeyOption, new_key, print_sent
from amsdal_mail.cli.commands.show import IdArgument
from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import print_result

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["register", "resend"]

EPILOG = examples(
    "resend order-1234",
    "resend order-1234 --only-failed",
    "resend order-1234 --to anna@example.org",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resend", epilog=EPILOG)(resend)


def resend(
    ctx: typer.Context,
    email_id: IdArgument,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Send it to this address; repeat it for more."),
    ] = None,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Send it to those who did not get it.")
    ] = False,
    key: KeyOption = None,
) -> None:
    """Send an email again, with the content that the service kept. It gets a new email_id.

    Without an option, all recipients get it again. The exit code is 1 when a recipient was
    refused.
    """
    if to and only_failed:
        raise UsageError("--to and --only-failed exclude each other.")
    body: dict[str, Any] = {"to": to} if to else {"only_failed": True} if only_failed else {}
    invocation: Invocation = ctx.obj
    result = invocation.service().resend(email_id, body, key or new_key())
    print_result(result, lambda console: print_sent(console, result))
    if not result["is_success"]:
        raise typer.Exit(1)
