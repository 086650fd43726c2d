"""`amsdal-mail send`: one email, now or later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.filters import STREAMS, complete_from, one_of
from amsdal_mail.cli.output import print_result, shorten
from amsdal_mail.cli.request import (
    STDIN,
    attachments,
    pairs,
    read_object,
    read_text,
    without_none,
)
from amsdal_mail.cli.states import styled
from amsdal_mail.cli.times import ahead, length

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation

__all__ = ["KeyOption", "new_key", "print_sent", "register", "send"]

EPILOG = examples(
    "send --from orders@example.com --to anna@example.com --subject Hello --text 'It works.'",
    "send --from orders@example.com --to anna@example.com --template order-shipped"
    """ --data '{"name": "Anna"}'""",
    "send --request request.json --key order-1234",
    "send --from a@example.com --to b@example.com --subject Report --text-file report.txt"
    " --attachment report.pdf --send-at 2h",
)
MESSAGE, OPTIONS = "The message", "How it is sent"
TEXT_LIMIT = 200

KeyOption = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The idempotency key: it becomes the email_id, and a repeated command sends nothing"
        " twice. Default: a new one.",
        rich_help_panel=OPTIONS,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("send", epilog=EPILOG)(send)


def new_key() -> str:
    """Return a new idempotency key."""
    return uuid4().hex


def _option(text: str, *names: str, panel: str = MESSAGE, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def send(
    ctx: typer.Context,
    request: Annotated[
        str | None,
        _option(
            "A file with the JSON of a request; - is standard input. Other options replace its"
            " fields.",
            metavar="FILE",
        ),
    ] = None,
    sender: Annotated[str | None, _option("The sender.", "--from", metavar="ADDRESS")] = None,
    to: Annotated[
        list[str] | None, _option("A recipient; repeat it for more.", metavar="ADDRESS")
    ] = None,
    cc: Annotated[list[str] | None, _option("A recipient of a copy.", metavar="ADDRESS")] = None,
    bcc: Annotated[
        list[str] | None, _option("A recipient of a hidden copy.", metavar="ADDRESS")
    ] = None,
    reply_to: Annotated[list[str] | None, _option("Where replies go.", metavar="ADDRESS")] = None,
    subject: Annotated[str | None, _option("The subject.", metavar="TEXT")] = None,
    text: Annotated[str | None, _option("The text.", metavar="TEXT")] = None,
    text_file: Annotated[
        str | None, _option("A file with the text; - is standard input.", metavar="FILE")
    ] = None,
    html_file: Annotated[
        str | None, _option("A file with the HTML; - is standard input.", metavar="FILE")
    ] = None,
    attachment: Annotated[
        list[str] | None, _option("A file to attach; repeat it for more.", metavar="FILE")
    ] = None,
    template: Annotated[
        str | None, _option("A template that is stored in SES.", metavar="ID")
    ] = None,
    data: Annotated[
        str | None,
        _option(
            "Values for the template, the same for all recipients: a JSON object, or @FILE.",
            metavar="JSON",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None, _option("A tag; repeat it for more.", metavar="TAG", panel=OPTIONS)
    ] = None,
    metadata: Annotated[
        list[str] | None,
        _option("A name and a value; repeat it for more.", metavar="NAME=VALUE", panel=OPTIONS),
    ] = None,
    stream: Annotated[
        str | None,
        _option(
            f"{' or '.join(STREAMS)}.",
            metavar="STREAM",
            panel=OPTIONS,
            autocompletion=complete_from(STREAMS),
        ),
    ] = None,
    send_at: Annotated[
        str | None,
        _option(
            "When it is sent: 2026-12-24T09:30:00+01:00, or 30m, 2h, 3d from now.",
            metavar="TIME",
            panel=OPTIONS,
        ),
    ] = None,
    expires_in: Annotated[
        str | None,
        _option("It is not sent later than that: 90s, 15m, 2h.", metavar="TIME", panel=OPTIONS),
    ] = None,
    sensitive: Annotated[
        bool,
        _option(
            "It holds a secret: no tracking, and no subject is stored.",
            "--sensitive",
            panel=OPTIONS,
        ),
    ] = False,
    key: KeyOption = None,
) -> None:
    """Send an email through the service, and show the result of each recipient.

    The exit code is 1 when a recipient was refused.
    """
    if sum(name == STDIN for name in (request, text_file, html_file)) > 1:
        raise UsageError("Only one of --request, --text-file and --html-file can be -.")
    if text is not None and text_file is not None:
        raise UsageError("--text and --text-file exclude each other.")
    invocation: Invocation = ctx.obj
    base = read_object(read_text(request, "--request"), "--request") if request else {}
    given = {
        "from_email": sender,
        "to": to,
        "cc": cc,
        "bcc": bcc,
        "reply_to": reply_to,
        "subject": subject,
        "body": read_text(text_file, "--text-file") if text_file else text,
        "html_body": read_text(html_file, "--html-file") if html_file else None,
        "template_id": template,
        "merge_global_data": _data(data),
        "tags": tag,
        "metadata": pairs(metadata or (), "--metadata"),
        "stream": one_of(stream, STREAMS, "--stream"),
        "send_at": None if send_at is None else ahead(send_at, "--send-at", datetime.now(UTC)),
        "expires_in": None if expires_in is None else length(expires_in, "--expires-in"),
        "sensitive": sensitive or None,
    }
    document = {**base, **without_none(given)}
    key = _key(key, document)
    service = invocation.service()
    if attachment:
        document["attachments"] = attachments(attachment, service.upload)
    result = service.send(document, key)
    print_result(result, lambda console: print_sent(console, result))
    if not result["is_success"]:
        raise typer.Exit(1)


def _data(value: str | None) -> dict[str, Any] | None:
    if value is None:
        return None
    text = read_text(value[1:], "--data") if value.startswith("@") else value
    return read_object(text, "--data")


def _key(key: str | None, document: dict[str, Any]) -> str:
    """Return the key, and leave it out of the document: it goes into the header.

    Raises:
        UsageError: two keys differ.
    """
    own = document.pop("idempotency_key", None)
    if own is not None and key is not None and own != key:
        raise UsageError("--key differs from the idempotency_key of --request.")
    chosen = key or own or new_key()
    if not isinstance(chosen, str):
        raise UsageError("The idempotency_key of --request must be text.")
    return chosen


def print_sent(console: Console, result: dict[str, Any]) -> None:
    """Print the id, the state and a line for each recipient."""
    title = (shorten(result["email_id"], 140), "bold")
    console.print(Text.assemble(title, "  ", styled(result["state"])))
    if result["recipients"]:
        console.print(_recipients(result["recipients"]))
    console.print(Text(f"amsdal-mail show {shorten(result['email_id'], 140)}", style="dim"))


def _recipients(recipients: list[dict[str, Any]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for each in recipients:
        error = ": ".join(
            shorten(part, TEXT_LIMIT)
            for part in (each["error_code"], each["error_message"])
            if part
        )
        cells = Text(f"  {shorten(each['address'], TEXT_LIMIT)}"), styled(each["state"])
        table.add_row(*cells, Text(error, style="red"))
    return table
