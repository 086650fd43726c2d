"""`amsdal-mail content`: what an email said, if the service kept it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.commands.show import IdArgument
from amsdal_mail.cli.errors import CommandError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import clean, note, print_result, shorten, to_json

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation
    from amsdal_mail.cli.service import Service

__all__ = ["file_name", "register", "save"]

EPILOG = examples(
    "content order-1234",
    "content order-1234 --save ./order-1234",
    "content order-1234 --json",
)
ADDRESSES = ("from_email", "to", "cc", "bcc", "reply_to")
LINE_LIMIT = 500
FILE_NAME_LIMIT = 120
UNSAFE_IN_NAMES = re.compile(r"[^\w.,;=@()\[\] +-]")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("content", epilog=EPILOG)(content)


def content(
    ctx: typer.Context,
    email_id: IdArgument,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FOLDER", help="Write the bodies and the attachments into a folder."
        ),
    ] = None,
) -> None:
    """Show the content of an email: text, HTML, attachments, values of the template.

    The service keeps it for content_retention_days. The links of attachments hold for minutes.
    """
    invocation: Invocation = ctx.obj
    service = invocation.service()
    result = service.content(email_id)
    whole = {**result, "message": _whole(service, result)}
    if folder is not None:
        for path in save(service, whole, folder):
            note(f"wrote {path}")
    print_result(result, lambda console: _print(console, whole))


def _whole(service: Service, result: dict[str, Any]) -> dict[str, Any]:
    """Return the message with the fields that are too large for the answer of the API."""
    message: dict[str, Any] = result["message"]
    if not result.get("left_out"):
        return message
    try:
        kept = json.loads(service.download(result["message_url"]))
        return {**message, **{name: kept[name] for name in result["left_out"]}}
    except (ValueError, LookupError, TypeError) as error:
        raise CommandError("The kept message cannot be read: it is no JSON of one.") from error


def _print(console: Console, result: dict[str, Any]) -> None:
    message = result["message"]
    for name in (*ADDRESSES, "subject", "template_id"):
        if value := message.get(name):
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            label = f"{name.removesuffix('_email').replace('_', '-'):<12}"
            line = Text.assemble((label, "dim"), shorten(shown, LINE_LIMIT))
            console.print(line, soft_wrap=True)
    if merge := {name: value for name, value in message.items() if name.startswith("merge_")}:
        console.print(Text("values", style="dim"), to_json(merge), soft_wrap=True)
    if message.get("body"):
        console.print()
        console.print(Text(clean(message["body"], keep_lines=True)), soft_wrap=True)
    if html := message.get("html_body"):
        console.print()
        console.print(Text(f"HTML of {len(html):,} characters: --save or --json", style="dim"))
    if result["attachments"]:
        console.print()
        console.print(_attachments(result["attachments"]))


def _attachments(attachments: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("attachment")
    table.add_column("type")
    table.add_column("bytes", justify="right")
    for each in attachments:
        size = "gone" if each["url"] is None else f"{each['size']:,}"
        name, kind = (
            shorten(str(each[field] or ""), 200) for field in ("filename", "content_type")
        )
        table.add_row(name, kind, size)
    return table


def save(service: Service, result: dict[str, Any], folder: Path) -> list[Path]:
    """Write the bodies and the attachments; return the files. Files that exist are kept.

    Raises:
        CommandError: a file exists, or cannot be written.
    """
    message = result["message"]
    bodies = {"body.txt": message.get("body"), "body.html": message.get("html_body")}
    files = {name: text.encode() for name, text in bodies.items() if text}
    for each in result["attachments"]:
        if each["url"] is None:
            note(f"{shorten(each['filename'] or '', FILE_NAME_LIMIT)} is not there any more")
            continue
        name = file_name(each["filename"] or "", files)
        files[name] = service.download(each["url"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / name, data) for name, data in files.items()]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"--save: {folder} cannot be written: {reason}.") from error


def _write(path: Path, data: bytes) -> Path:
    # Neither a file nor a link that is there already is written to.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return path


def file_name(name: str, taken: object = ()) -> str:
    """Return a name for a file in a folder of ours, of one that a stranger may have chosen."""
    base = re.split(r"[/\\]", name)[-1]
    safe = UNSAFE_IN_NAMES.sub("_", base)[-FILE_NAME_LIMIT:].lstrip(". ") or "attachment"
    number, unique = 1, safe
    stem, dot, suffix = safe.rpartition(".")
    while unique in taken:  # type: ignore[operator]
        number += 1
        unique = f"{stem}-{number}{dot}{suffix}" if stem else f"{safe}-{number}"
    return unique
