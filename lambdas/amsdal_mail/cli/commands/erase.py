"""`amsdal-mail erase`: what is stored of a person goes."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import AS_JSON, print_result, progress, shorten

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation
    from amsdal_mail.cli.service import Service

__all__ = ["erase", "register"]

EPILOG = examples("erase anna@example.com", "erase anna@example.com --yes --json")
CALLS = 1000
"""The most calls of one command: each erases a part."""
YES = frozenset({"y", "yes"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase", epilog=EPILOG)(erase)


def erase(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The address of the person.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase what is stored of a person: addresses, events, kept content. It cannot be undone.

    A suppressed address stays suppressed, as a keyed hash. A command that was stopped can be
    repeated.
    """
    invocation: Invocation = ctx.obj
    stage = invocation.stage()
    if not yes:
        _ask(f"Erase {shorten(address, 320)} from {stage.name} ({stage.region}) for good?")
    erased = _erase(invocation.service(), address)
    print_result(
        {"address": address, "erased": erased, "is_complete": True},
        lambda console: console.print(f"Erased: {_counts(erased)}.", soft_wrap=True),
    )


def _erase(service: Service, address: str) -> dict[str, int]:
    erased: Counter[str] = Counter()
    with progress("erasing") as show_progress:
        for _ in range(CALLS):
            result: dict[str, Any] = service.erase(address)
            erased.update(result["erased"])
            if result["is_complete"]:
                return dict(erased)
            show_progress(f"erased so far: {_counts(erased)}")
    raise CommandError(
        f"Not all is erased after {CALLS} calls. So far: {_counts(erased)}.", "Repeat the command."
    )


def _counts(erased: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in erased.items())


def _ask(question: str) -> None:
    """Return when the answer is yes.

    Raises:
        UsageError: nobody can answer.
        CommandError: the answer is another.
    """
    if AS_JSON.get() or sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("erase asks before it begins, and nobody can answer here: give --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in YES:
        raise CommandError("Nothing was erased.")
