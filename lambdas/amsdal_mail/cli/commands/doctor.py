"""`amsdal-mail doctor`: what is wrong with a stage, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from amsdal_mail.cli.errors import ExitCode
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import clean, print_result

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.doctor.findings import Finding
    from amsdal_mail.cli.doctor.name_server import NameServer
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["doctor", "print_findings", "register"]

EPILOG = examples(
    "doctor --stage prod",
    "doctor --stage prod --json",
    "doctor --resolver 9.9.9.9",
)
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}
WORDS = {"ok": "ok", "warn": "warning", "fail": "fault", "skip": "skipped"}
COUNTED = frozenset({"warn", "fail"})
"""Those whose words have a plural."""
NAME_WIDTH = 19
SOURCE = Path(__file__).resolve()
"""In a checkout, where the package is installed for development."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog=EPILOG)(doctor)


def doctor(
    ctx: typer.Context,
    resolver: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            envvar="AMSDAL_MAIL_RESOLVER",
            help="The name server to ask for DNS records. Default: that of this machine; for the"
            " local AWS, none.",
        ),
    ] = "",
    checkout: Annotated[
        Path | None,
        typer.Option(
            help="The source code to compare the functions with. Default: the checkout around the"
            " current folder.",
        ),
    ] = None,
) -> None:
    """Check a stage, from the DNS of the sender to the alarms. The exit code of a fault is 1."""
    # It takes boto3 and all checks with it: the help of other commands needs neither.
    from amsdal_mail.cli.doctor.run import diagnose

    invocation: Invocation = ctx.obj
    name_server = _name_server(resolver, invocation)
    folder = _checkout(checkout)
    findings = diagnose(invocation.stage(), name_server, folder)
    has_fault = any(finding.status == "fail" for finding in findings)
    document = {
        "stage": invocation.stage().name,
        "is_healthy": not has_fault,
        "findings": [asdict(finding) for finding in findings],
    }
    print_result(document, lambda console: print_findings(console, findings))
    if has_fault:
        raise typer.Exit(ExitCode.FAILED)


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print a line for each finding, its cure below it, and the numbers of all."""
    for finding in findings:
        line = Text(f"{finding.status.value:<5}", style=STYLES[finding.status.value])
        line.append(f"{finding.check:<{NAME_WIDTH}}", "bold").append(
            clean(finding.message), "default"
        )
        # Without line breaks: a cure is there to be copied.
        console.print(line, soft_wrap=True)
        if finding.cure:
            cure = clean(finding.cure, keep_lines=True).replace("\n", f"\n{'':7}")
            console.print(Text(f"{'':5}→ {cure}", style="cyan"), soft_wrap=True)
    counts = Counter(finding.status.value for finding in findings)
    parts = [
        f"{counts[status]} {_word(status, counts[status])}" for status in WORDS if counts[status]
    ]
    console.print(Text(f"\n{len(findings)} checks: {', '.join(parts)}", style="bold"))


def _word(status: str, count: int) -> str:
    return f"{WORDS[status]}s" if status in COUNTED and count > 1 else WORDS[status]


def _name_server(resolver: str, invocation: Invocation) -> NameServer | None:
    from amsdal_mail.cli.doctor.name_server import name_server

    if not resolver and invocation.stage().is_local:
        return None  # its domain belongs to somebody else in the DNS of the world
    return name_server(resolver)


def _checkout(folder: Path | None) -> Path | None:
    from amsdal_mail.cli.doctor.deployed_code import find_checkout
    from amsdal_mail.cli.errors import UsageError

    if folder is None:
        return find_checkout(Path.cwd()) or find_checkout(SOURCE)
    found = find_checkout(folder.absolute())
    if found is None:
        raise UsageError(f"--checkout must be in a checkout of amsdal_mail, got {folder}")
    return found
