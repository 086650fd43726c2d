"""The options that choose emails, shared by `find`, `tail` and `metrics`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.states import STATES
from amsdal_mail.cli.times import TIME_HELP, read_time

__all__ = [
    "FromOption",
    "RecipientOption",
    "StateOption",
    "StreamOption",
    "TagOption",
    "TemplateOption",
    "ToOption",
    "complete_from",
    "filters",
    "one_of",
]

STREAMS = ("transactional", "bulk")


def complete_from(names: tuple[str, ...]) -> Callable[[], list[str]]:
    """Return a completion with these names."""
    return lambda: list(names)


def one_of(value: str | None, names: tuple[str, ...], option: str) -> str | None:
    """Return the value.

    Raises:
        UsageError: it is none of the names.
    """
    if value is not None and value not in names:
        raise UsageError(f"{option} must be one of {', '.join(names)}.")
    return value


RecipientOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Emails to this address.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help=f"Emails since: {TIME_HELP}.")
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Emails before: the same. A day is included."),
]
StateOption = Annotated[
    str | None,
    typer.Option(
        metavar="STATE",
        help=f"Emails in this state: {', '.join(STATES)}.",
        autocompletion=complete_from(STATES),
    ),
]
TagOption = Annotated[str | None, typer.Option(metavar="TAG", help="Emails with this tag.")]
TemplateOption = Annotated[str | None, typer.Option(metavar="ID", help="Emails of this template.")]
StreamOption = Annotated[
    str | None,
    typer.Option(
        metavar="STREAM",
        help=f"Emails of this stream: {' or '.join(STREAMS)}.",
        autocompletion=complete_from(STREAMS),
    ),
]


def filters(
    now: datetime,
    recipient: str | None = None,
    since: str | None = None,
    until: str | None = None,
    state: str | None = None,
    tag: str | None = None,
    template: str | None = None,
    stream: str | None = None,
) -> dict[str, str | int | None]:
    """Return the query of the API. None stands for no filter.

    Raises:
        UsageError: a time, a state or a stream is none.
    """
    return {
        "recipient": recipient,
        "from": None if since is None else read_time(since, "--from", now),
        "to": None if until is None else read_time(until, "--to", now),
        "state": one_of(state, STATES, "--state"),
        "tag": tag,
        "template": template,
        "stream": one_of(stream, STREAMS, "--stream"),
    }
