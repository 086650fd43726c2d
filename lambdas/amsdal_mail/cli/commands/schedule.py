"""`amsdal-mail cancel` and `reschedule`: what can be done while an email waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from amsdal_mail.cli.commands.show import IdArgument, print_email
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import print_result
from amsdal_mail.cli.times import ahead

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["cancel", "register", "reschedule"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("cancel", epilog=examples("cancel order-1234"))(cancel)
    app.command(
        "reschedule",
        epilog=examples(
            "reschedule order-1234 2026-12-24T09:30:00+01:00", "reschedule order-1234 2h"
        ),
    )(reschedule)


def cancel(ctx: typer.Context, email_id: IdArgument) -> None:
    """Stop an email that waits: a scheduled one, or one on the queue.

    The exit code is 1 when it is too late.
    """
    invocation: Invocation = ctx.obj
    email = invocation.service().cancel(email_id)
    print_result(email, lambda console: print_email(console, email))


def reschedule(
    ctx: typer.Context,
    email_id: IdArgument,
    send_at: Annotated[
        str,
        typer.Argument(metavar="TIME", help="2026-12-24T09:30:00+01:00, or 30m, 2h, 3d from now."),
    ],
) -> None:
    """Give a scheduled email another time.

    The exit code is 1 when it is too late.
    """
    invocation: Invocation = ctx.obj
    moment = ahead(send_at, "TIME", datetime.now(UTC))
    email = invocation.service().reschedule(email_id, moment)
    print_result(email, lambda console: print_email(console, email))
