"""`amsdal-mail find`: the emails of a stage, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.filters import (
    FromOption,
    RecipientOption,
    StateOption,
    StreamOption,
    TagOption,
    TemplateOption,
    ToOption,
    filters,
)
from amsdal_mail.cli.output import note, print_result, progress, shorten
from amsdal_mail.cli.states import styled
from amsdal_mail.cli.times import show_time

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation

__all__ = ["email_row", "emails_table", "find", "reason_of", "register"]

MOST_FOUND = 10_000
CALLS = 100
"""The most calls of one command: each covers a part of the time that is searched."""
SUBJECT_WIDTH, ADDRESS_WIDTH, REASON_WIDTH = 60, 48, 64
ID_WIDTH, LEAST_WIDTH = 36, 8
EPILOG = examples(
    "find anna@example.com --from yesterday",
    "find --state bounced --from 7d",
    "find --tag order-confirmation --from 2026-11-24 --to 2026-11-24 --json",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("find", epilog=EPILOG)(find)


def find(
    ctx: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="The same as --recipient.")
    ] = None,
    recipient: RecipientOption = None,
    since: FromOption = None,
    until: ToOption = None,
    state: StateOption = None,
    tag: TagOption = None,
    template: TemplateOption = None,
    stream: StreamOption = None,
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_FOUND, metavar="N", help="How many emails at most.")
    ] = 50,
    cursor: Annotated[
        str | None,
        typer.Option(metavar="CURSOR", help="Go on after a page: next_cursor of its JSON."),
    ] = None,
) -> None:
    """Find emails: by recipient, time, state, tag, template, stream. The newest come first."""
    if address is not None and recipient is not None:
        raise UsageError("ADDRESS and --recipient are the same: give one of them.")
    if address is not None and "@" not in address:
        raise UsageError(f"ADDRESS must be an address, got {shorten(address, 60)!r}.")
    recipient = recipient if address is None else address
    query = filters(datetime.now(UTC), recipient, since, until, state, tag, template, stream)
    invocation: Invocation = ctx.obj
    emails: list[dict[str, Any]] = []
    windows: list[dict[str, str]] = []
    next_cursor = None
    service = invocation.service()
    pages = service.find_pages({**query, "cursor": cursor}, limit)
    with progress("searching") as show_progress:
        for page in islice(pages, CALLS):
            emails += page["emails"]
            windows.append(page["searched"])
            next_cursor = page["next_cursor"]
            since = show_time(page["searched"]["from"])
            show_progress(f"{len(emails)} found, searched back to {since} UTC")
    searched = {"from": min(w["from"] for w in windows), "to": max(w["to"] for w in windows)}
    result = {"emails": emails, "next_cursor": next_cursor, "searched": searched}
    print_result(result, lambda console: _print(console, result, limit))
    if recipient and not emails and not next_cursor and not (state or tag or template or stream):
        note(
            f"The service was not asked to send {recipient} an email in this time, or keeps it no"
            f" more. Check the address, the days, and the stage: this is {invocation.stage_name}."
        )


def _print(console: Console, result: dict[str, Any], limit: int) -> None:
    emails, searched = result["emails"], result["searched"]
    if emails:
        console.print(emails_table(emails, console.width))
    window = f"{show_time(searched['from'])} to {show_time(searched['to'])} UTC"
    found = f"{len(emails)} email{'' if len(emails) == 1 else 's'}"
    more = ""
    if result["next_cursor"]:
        # Below the limit, the calls were used up: a higher one finds no more.
        is_limited = len(emails) == limit < MOST_FOUND
        higher = f"--limit {min(limit * 2, MOST_FOUND)}, or " if is_limited else ""
        more = f" There may be more: {higher}--to {searched['from']}."
    console.print(Text(f"{found}; searched {window}.{more}", style="dim"), soft_wrap=True)


def reason_of(recipient: dict[str, Any] | None) -> str:
    """Return why the recipient has this state, in one line, or "" where nothing went wrong."""
    recipient = recipient or {}
    parts = (recipient.get("error_code"), recipient.get("error_message"))
    return ": ".join(part for part in parts if part)


def emails_table(emails: list[dict[str, Any]], width: int) -> Table:
    """Return the table with a row for each email, in `width` columns of the terminal.

    Time, state and id are whole: the others get the rest. Where it is small, there is no subject.

    Emails of one recipient have the reason of its state in place of its address, if there is one.
    """
    reasons = [reason_of(email.get("recipient")) for email in emails]
    has_reasons = any(reasons)
    rows = [email_row(email) for email in emails]
    created, state, email_id = (max(row[n].cell_len for row in rows) for n in (0, 1, 4))
    email_id = min(email_id, ID_WIDTH)
    rest = width - created - state - email_id - 4 * len("  ")
    has_subject = rest >= 2 * LEAST_WIDTH
    most = REASON_WIDTH if has_reasons else ADDRESS_WIDTH
    third = min(most, max(rest * 3 // 5 if has_subject else rest, LEAST_WIDTH))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("created (UTC)", no_wrap=True, min_width=created)
    table.add_column("state", no_wrap=True, min_width=state)
    if has_reasons:
        table.add_column("reason", overflow="fold", max_width=third)
    else:
        table.add_column("to", overflow="ellipsis", no_wrap=True, max_width=third)
    if has_subject:
        subject = min(SUBJECT_WIDTH, rest - third)
        table.add_column("subject", overflow="ellipsis", no_wrap=True, max_width=subject)
    table.add_column("email_id", overflow="fold", min_width=email_id)
    for row, reason in zip(rows, reasons, strict=True):
        shown = Text(shorten(reason, REASON_WIDTH * 4)) if has_reasons else row[2]
        table.add_row(row[0], row[1], shown, *(row[3:] if has_subject else row[4:]))
    return table


def email_row(email: dict[str, Any]) -> tuple[Text, ...]:
    """Return the cells of an email in a list: time, state, recipients, subject, id."""
    recipient = email.get("recipient")
    addresses = [recipient["address"]] if recipient else email["recipients"]
    shown = ", ".join(addresses)
    if (rest := email["recipient_count"] - len(addresses)) > 0:
        shown += f" + {rest:,}" if shown else f"({rest:,})"
    subject = email["subject"] or (f"({email['template_id']})" if email["template_id"] else "")
    return (
        Text(show_time(email["created_at"])),
        styled(recipient["state"] if recipient else email["state"]),
        Text(shorten(shown, ADDRESS_WIDTH * 4)),
        Text(shorten(subject, SUBJECT_WIDTH * 2)),
        Text(shorten(email["email_id"], 140)),
    )
