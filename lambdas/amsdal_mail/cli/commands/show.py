"""`amsdal-mail show`: one email with its recipients and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import print_result, shorten
from amsdal_mail.cli.states import show_counts, styled
from amsdal_mail.cli.times import show_time
from amsdal_mail.email_id import EMAIL_ID, EMAIL_ID_RULE

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.invocation import Invocation

__all__ = ["IdArgument", "email_tree", "register", "show"]

EPILOG = examples(
    "show order-1234",
    "show order-1234 --json",
    "show newsletter-12 --recipients-after m@example.com",
)
TEXT_LIMIT = 300
NOT_ASKED = frozenset({"canceled", "expired", "rejected", "scheduled", "suppressed"})
"""States in which an email without an event has not been given to SES."""


def _check_id(value: str) -> str:
    """Refuse what no email has as its id, before a stage is looked up."""
    if not EMAIL_ID.fullmatch(value):
        raise UsageError(f"ID {EMAIL_ID_RULE}.")
    return value


IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The email_id.", callback=_check_id)]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", epilog=EPILOG)(show)


def show(
    ctx: typer.Context,
    email_id: IdArgument,
    recipients_after: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The next page of recipients: those after this one."),
    ] = None,
) -> None:
    """Show an email: its recipients, their errors, and what SES reported when."""
    invocation: Invocation = ctx.obj
    email = invocation.service().show(email_id, recipients_after)
    print_result(email, lambda console: print_email(console, email))


def print_email(console: Console, email: dict[str, Any]) -> None:
    """Print the email as a tree."""
    console.print(email_tree(email))


def email_tree(email: dict[str, Any]) -> Tree:
    """Return the tree: the facts, the recipients and the timeline."""
    title = (shorten(email["email_id"], 140), "bold")
    tree = Tree(Text.assemble(title, "  ", styled(email["state"])), guide_style="dim")
    for label, value in _facts(email):
        tree.add(Text.assemble((f"{label:<10}", "dim"), shorten(value, TEXT_LIMIT)))
    recipients = tree.add(Text(f"recipients: {show_counts(email['counts'])}", style="bold"))
    for each in email["recipients"]:
        _add_recipient(recipients, each)
    if email["recipients_next"]:
        after = shorten(email["recipients_next"], TEXT_LIMIT)
        recipients.add(Text(f"more: --recipients-after {after}", style="dim"))
    timeline = tree.add(Text("timeline (UTC)", style="bold"))
    for event in email["timeline"]:
        timeline.add(_event(event))
    if not email["timeline"]:
        was_asked = email["state"] not in NOT_ASKED
        empty = "SES has reported nothing yet." if was_asked else "SES was not asked to send it."
        timeline.add(Text(empty, style="dim"))
    return tree


def _facts(email: dict[str, Any]) -> list[tuple[str, str]]:
    record = email["email"]
    if record is None:
        return [("sent", "past the service: only what SES reported is known")]
    metadata = ", ".join(f"{name}={value}" for name, value in record["metadata"].items())
    kept = record.get("has_content", False)
    facts = [
        ("created", f"{show_time(record['created_at'])} UTC"),
        ("from", record["from_email"]),
        ("subject", "(not stored: sensitive)" if record["sensitive"] else record["subject"]),
        ("template", record["template_id"] or ""),
        ("version", record.get("template_version") or ""),
        ("tags", ", ".join(record["tags"])),
        ("metadata", metadata),
        ("stream", record["stream"]),
        ("send at", f"{show_time(record['send_at'])} UTC" if record["send_at"] else ""),
        ("expires", f"{show_time(record['expires_at'])} UTC" if record["expires_at"] else ""),
        ("content", f"kept: amsdal-mail content {email['email_id']}" if kept else ""),
        ("resent of", record.get("resent_from") or ""),
        ("opens", str(email["opens"]) if email["opens"] else ""),
        ("clicks", str(email["clicks"]) if email["clicks"] else ""),
    ]
    errors = [("error", f"{each['field']} {each['rule']}") for each in record["errors"]]
    return [fact for fact in facts if fact[1]] + errors


def _add_recipient(tree: Tree, recipient: dict[str, Any]) -> None:
    address = Text(shorten(recipient["address"], TEXT_LIMIT)).append("  ")
    branch = tree.add(address.append_text(styled(recipient["state"])))
    if recipient["message_id"]:
        branch.add(Text(f"SES message {shorten(recipient['message_id'], 140)}", style="dim"))
    if recipient["error_code"] or recipient["error_message"]:
        parts = (recipient["error_code"], recipient["error_message"])
        text = ": ".join(shorten(part, TEXT_LIMIT) for part in parts if part)
        branch.add(Text(text, style="red"))
    if recipient["state"] == "suppressed":
        whom = shorten(recipient["address"], TEXT_LIMIT)
        branch.add(Text(f"since when: amsdal-mail suppressions show {whom}", style="dim"))


def _event(event: dict[str, Any]) -> Text:
    kind = f"  {shorten(event['kind'], 40):<18}"
    line = Text.assemble((show_time(event["at"]), "dim"), kind)
    if event["recipient"]:
        line.append(shorten(event["recipient"], TEXT_LIMIT))
    details = ", ".join(
        f"{name} {value}"
        for name, value in event["details"].items()
        if isinstance(value, str | int | float) and value != ""
    )
    return line.append(f"  {shorten(details, TEXT_LIMIT)}" if details else "", "dim")
