"""`amsdal-mail metrics`: how many emails were accepted, delivered, bounced, by day and kind."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import dropwhile
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.bars import bar, percent
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.filters import (
    STREAMS,
    TagOption,
    TemplateOption,
    complete_from,
    one_of,
)
from amsdal_mail.cli.output import print_result, shorten
from amsdal_mail.cli.times import TIME_HELP, read_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation

__all__ = ["metrics", "register"]

NUMBERS = (
    "accepted", "delivered", "bounced", "complained", "opened", "clicked", "rejected",
    "soft_bounced",
)  # fmt: skip
OF_DELIVERED = frozenset({"opened", "clicked", "complained"})
"""Numbers whose share is that of the delivered; the others' share is that of the accepted."""
GROUPS = (("streams", "stream"), ("tags", "tag"), ("templates", "template_id"))
COUNTED_STREAMS = (*STREAMS, "direct")
BAR_WIDTH = 24
NAME_LIMIT = 60
EPILOG = examples(
    "metrics",
    "metrics --from 7d --stream transactional",
    "metrics --from 2026-11-01 --to 2026-11-30 --tag order-confirmation --json",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("metrics", epilog=EPILOG)(metrics)


def metrics(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help=f"The first day: {TIME_HELP}.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="The last day: the same.")
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(
            metavar="STREAM",
            help="transactional, bulk, or direct: emails that were sent past the service.",
            autocompletion=complete_from(COUNTED_STREAMS),
        ),
    ] = None,
    tag: TagOption = None,
    template: TemplateOption = None,
) -> None:
    """Count emails by day, stream, tag, template and domain: the last 30 days, or up to 92."""
    now = datetime.now(UTC)
    query = {
        "from": None if since is None else read_day(since, "--from", now),
        "to": None if until is None else read_day(until, "--to", now),
        "stream": one_of(stream, COUNTED_STREAMS, "--stream"),
        "tag": tag,
        "template": template,
    }
    invocation: Invocation = ctx.obj
    result = invocation.service().metrics(query)
    print_result(result, lambda console: _print(console, result))


def _print(console: Console, result: dict[str, Any]) -> None:
    console.print(Text(f"{result['from']} to {result['to']} (UTC)", style="bold"))
    console.print(_totals(result["totals"]))
    if days := _since_first_email(result["days"]):
        console.print()
        console.print(_days(days, ascii_only=not _has_blocks(console)))
    for name, field in GROUPS:
        if result[name]:
            console.print()
            console.print(_group(field.removesuffix("_id"), field, result[name]))
    if result["domains"]:
        console.print()
        console.print(_domains(result["domains"]))
    if result["is_truncated"]:
        console.print(Text("There is more than one answer holds: ask for fewer days.", "yellow"))


def _since_first_email(days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(dropwhile(lambda day: not any(day[name] for name in NUMBERS), days))


def _has_blocks(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _totals(totals: dict[str, int]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    for name in NUMBERS:
        whole = totals["delivered" if name in OF_DELIVERED else "accepted"]
        share = "" if name == "accepted" else percent(totals[name], whole)
        table.add_row(_label(name), f"{totals[name]:,}", share)
    return table


def _days(days: Sequence[dict[str, Any]], *, ascii_only: bool) -> Table:
    highest = max(day["accepted"] for day in days)
    table = _table("day", ("accepted", "delivered", "bounced", "complained"))
    table.add_column("")
    for day in days:
        numbers = (
            _number(day, name) for name in ("accepted", "delivered", "bounced", "complained")
        )
        shape = bar(day["accepted"], highest, BAR_WIDTH, ascii_only=ascii_only)
        table.add_row(shorten(day["date"], 20), *numbers, Text(shape, style="cyan"))
    return table


def _group(title: str, field: str, rows: Sequence[dict[str, Any]]) -> Table:
    table = _table(title, NUMBERS)
    for row in rows:
        table.add_row(
            shorten(str(row[field] or "(none)"), NAME_LIMIT),
            *(_number(row, name) for name in NUMBERS),
        )
    return table


def _domains(rows: Sequence[dict[str, Any]]) -> Table:
    table = _table("domain", ("delivered",))
    for name in ("half within", "95 % within", "99 % within"):
        table.add_column(name, justify="right")
    for row in rows:
        times = (_seconds(row[f"seconds_p{rank}"]) for rank in (50, 95, 99))
        table.add_row(shorten(row["domain"], NAME_LIMIT), _number(row, "delivered"), *times)
    return table


def _table(title: str, numbers: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title, overflow="fold")
    for name in numbers:
        table.add_column(_label(name), justify="right")
    return table


def _label(name: str) -> str:
    return name.replace("_", " ")


def _number(row: dict[str, Any], name: str) -> Text:
    value = row[name]
    is_fault = value and name in {"bounced", "complained", "rejected"}
    return Text(f"{value:,}", style="red" if is_fault else "" if value else "dim")


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f} s"
