"""`amsdal-mail suppressions`: the addresses that get no more mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.filters import complete_from, one_of
from amsdal_mail.cli.output import print_result, shorten
from amsdal_mail.cli.times import show_time

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation

__all__ = ["register"]

LISTS = ("service", "ses")
PAGE_LIMIT = 100
CALLS = 100
"""The most calls of one command."""
ADDRESS_LIMIT = 320
ERASED = "(erased)"
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    commands = typer.Typer(
        name="suppressions",
        help="List, show and remove the addresses that get no more mail.",
        no_args_is_help=True,
        epilog=examples("suppressions list", "suppressions remove anna@example.com"),
    )
    commands.command(
        "list", epilog=examples("suppressions list", "suppressions list --list ses --limit 500")
    )(list_suppressions)
    commands.command("show", epilog=examples("suppressions show anna@example.com"))(show)
    commands.command("remove", epilog=examples("suppressions remove anna@example.com"))(remove)
    app.add_typer(commands)


def list_suppressions(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Option(
            "--list",
            metavar="LIST",
            help="service: the list of this stage. ses: SES's list for the account.",
            autocompletion=complete_from(LISTS),
        ),
    ] = "service",
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="How many at most.")
    ] = 50,
    cursor: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on after a page: its next_cursor.")
    ] = None,
) -> None:
    """List the addresses that get no more mail, the newest first."""
    one_of(name, LISTS, "--list")
    invocation: Invocation = ctx.obj
    service = invocation.service()
    found: list[dict[str, Any]] = []
    for _ in range(CALLS):
        page = service.suppressions(name, min(limit - len(found), PAGE_LIMIT), cursor)
        found += page["suppressions"]
        cursor = page["next_cursor"]
        if cursor is None or len(found) >= limit:
            break
    result = {"suppressions": found[:limit], "next_cursor": cursor}
    print_result(result, lambda console: _print_list(console, result))


def _print_list(console: Console, result: dict[str, Any]) -> None:
    entries = result["suppressions"]
    if entries:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("address", "reason", "since (UTC)", "email_id"):
            table.add_column(column, overflow="fold")
        for each in entries:
            address = each["address"]
            table.add_row(
                Text(ERASED, style="dim") if address is None else shorten(address, ADDRESS_LIMIT),
                shorten(each["reason"].lower(), 40),
                show_time(each["at"]),
                shorten(each["email_id"] or "", 140),
            )
        console.print(table)
    more = "; there are more: --limit" if result["next_cursor"] else ""
    count = f"{len(entries)} address{'' if len(entries) == 1 else 'es'}"
    console.print(Text(f"{count}{more}", style="dim"))


def show(ctx: typer.Context, address: AddressArgument) -> None:
    """Show why an address gets no more mail. The exit code is 1 when it is on no list."""
    invocation: Invocation = ctx.obj
    result = invocation.service().suppression(address)
    print_result(result, lambda console: _print_entry(console, result))


def _print_entry(console: Console, entry: dict[str, Any]) -> None:
    console.print(Text(shorten(entry["address"], ADDRESS_LIMIT), style="bold"))
    for label, each in (("this stage", entry["ours"]), ("SES, account", entry["ses"])):
        if each:
            email = f"  {shorten(each['email_id'], 140)}" if each.get("email_id") else ""
            since = f"{shorten(each['reason'].lower(), 40)} since {show_time(each['at'])} UTC"
            console.print(Text.assemble((f"  {label:<14}", "dim"), f"{since}{email}"))


def remove(ctx: typer.Context, address: AddressArgument) -> None:
    """Let an address get mail again: take it off the list of the stage and of SES.

    The exit code is 1 when it is on neither.
    """
    invocation: Invocation = ctx.obj
    invocation.service().unsuppress(address)
    line = f"{shorten(address, ADDRESS_LIMIT)} may get mail again."
    print_result({"removed": address}, lambda console: console.print(line, soft_wrap=True))
