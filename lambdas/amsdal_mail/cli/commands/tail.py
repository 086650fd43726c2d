"""`amsdal-mail tail`: new emails and changes of state, as they happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from amsdal_mail.cli.commands.find import email_row
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.filters import (
    RecipientOption,
    StateOption,
    StreamOption,
    TagOption,
    TemplateOption,
    filters,
)
from amsdal_mail.cli.output import note, print_line
from amsdal_mail.cli.service import PAGE_LIMIT, ServiceError
from amsdal_mail.cli.states import show_counts, styled
from amsdal_mail.cli.watch import Change, Watch, next_interval, state_of

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation
    from amsdal_mail.cli.service import Service

__all__ = ["register", "tail"]

CALLS = 3
"""The most calls of one look, so that a look costs at most the reading of 300 emails."""
LONGEST_SECONDS = 15.0
FOLLOWED = timedelta(hours=1)
"""How long an email is followed. Most are delivered, or bounce, within seconds."""
EPILOG = examples(
    "tail",
    "tail --tag order-confirmation --interval 5",
    "tail --state bounced --json | jq --unbuffered .email_id",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tail", epilog=EPILOG)(tail)


def tail(
    ctx: typer.Context,
    recipient: RecipientOption = None,
    state: StateOption = None,
    tag: TagOption = None,
    template: TemplateOption = None,
    stream: StreamOption = None,
    lines: Annotated[
        int,
        typer.Option(
            "--lines", "-n", min=0, max=PAGE_LIMIT, metavar="N", help="Emails to begin with."
        ),
    ] = 10,
    interval: Annotated[
        float,
        typer.Option(
            min=1,
            max=3600,
            metavar="SECONDS",
            help="The time between two looks. It grows to 15 seconds while nothing happens.",
        ),
    ] = 2,
) -> None:
    """Show new emails and changes of state as they happen, until Ctrl-C (exit code 130).

    A look reads the newest 300 emails of the last hour at most; what changes later, find shows.
    With --json, each line is a JSON document.
    """
    invocation: Invocation = ctx.obj
    query = filters(datetime.now(UTC), recipient, None, None, state, tag, template, stream)
    service = invocation.service()
    watch, wait, is_first = Watch(), interval, True
    while True:
        since = datetime.now(UTC) - FOLLOWED
        changes = _look(service, {**query, "from": since.isoformat(timespec="seconds")}, watch)
        if changes is not None:
            shown = changes[len(changes) - min(lines, len(changes)) :] if is_first else changes
            for change in shown:
                print_line(_document(change), partial(_print, change=change))
            is_first = False
        wait = next_interval(wait, interval, LONGEST_SECONDS, is_busy=bool(changes))
        invocation.sleep(wait)


def _look(service: Service, query: dict[str, Any], watch: Watch) -> list[Change] | None:
    """Return the changes; None after an error that may pass, which is noted."""
    emails: list[dict[str, Any]] = []
    try:
        for page in islice(service.find_pages(query, CALLS * PAGE_LIMIT), CALLS):
            emails += page["emails"]
    except ServiceError as error:
        if error.status is not None and error.status < 500 and error.status != 429:
            raise
        note(f"{error.message} Waiting.")
        return None
    return watch.changes(emails)


def _document(change: Change) -> dict[str, Any]:
    return {**change.email, "previous_state": change.previous}


def _print(console: Console, change: Change) -> None:
    created, _, address, subject, email_id = email_row(dict(change.email))
    state, counts = state_of(change.email), change.email["counts"]
    line = Text.assemble(created, "  ")
    if change.previous not in {None, state}:
        line.append_text(styled(str(change.previous))).append(" → ")
    line.append_text(styled(state))
    if len(counts) > 1:
        line.append(f" ({show_counts(counts)})")
    line.append("  ").append_text(address).append("  ").append_text(subject)
    console.print(line.append("  ").append(email_id.plain, "dim"), soft_wrap=True)
