"""`amsdal-mail dead-letters`: list them, show why each failed, put them back to work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from amsdal_mail.cli.errors import ExitCode
from amsdal_mail.cli.examples import examples
from amsdal_mail.cli.output import AS_JSON, SafeConsole, clean, note, print_result, shorten

if TYPE_CHECKING:
    from rich.console import Console

    from amsdal_mail.cli.dead_letters import DeadLetter, DeadLetterQueue
    from amsdal_mail.cli.invocation import Invocation
    from amsdal_mail.cli.stage import Stage

__all__ = ["register"]

HELP = """Messages that failed for good: list them, show why, put them back to work.

They are emails that were not sent, events that were not stored, and timers and events that did \
not reach their queue."""
QueueArgument = Annotated[
    str, typer.Argument(metavar="QUEUE", help="The name that `dead-letters list` shows.")
]
MOST_SHOWN = 100
TEXT_LIMIT = 600


@dataclass
class _Moved:
    """What became of one queue. `error` says why the command left it early."""

    queue: str
    moved: int = 0
    hidden: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def has_failed(self) -> bool:
        return bool(self.errors or self.error)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=HELP, no_args_is_help=True, epilog=examples("dead-letters list"))
    group.command("list", epilog=examples("dead-letters list --stage prod"))(list_queues)
    group.command(
        "show", epilog=examples("dead-letters show send", "dead-letters show events --body")
    )(show)
    group.command(
        "redrive",
        epilog=examples(
            "dead-letters redrive --dry-run",
            "dead-letters redrive send",
            "dead-letters redrive --older --stage prod",
        ),
    )(redrive)
    app.add_typer(group, name="dead-letters")


def list_queues(ctx: typer.Context) -> None:
    """List the dead-letter queues, also those that an earlier stack left behind."""
    from amsdal_mail.cli.dead_letters import list_dead_letters

    invocation: Invocation = ctx.obj
    queues = list_dead_letters(invocation.stage())
    document = {"queues": [asdict(queue) for queue in queues]}
    print_result(document, lambda console: console.print(_table(queues)))


def show(
    ctx: typer.Context,
    queue: QueueArgument,
    limit: Annotated[int, typer.Option(min=1, max=MOST_SHOWN, help="How many messages.")] = 10,
    body: Annotated[bool, typer.Option("--body", help="With the content of each message.")] = False,
) -> None:
    """Show why messages failed: what they say themselves, the log, the record of the email.

    Nothing is deleted. A message that is shown counts as received once more.
    """
    from amsdal_mail.cli import dead_letters

    invocation: Invocation = ctx.obj
    stage = invocation.stage()
    found = dead_letters.find_queue(stage, queue)
    letters = dead_letters.show(stage, found, limit, records=invocation.service())
    document = {"queue": found.name, "letters": [_document(letter, body) for letter in letters]}
    print_result(document, lambda console: _print_letters(console, letters, with_body=body))


def redrive(
    ctx: typer.Context,
    queue: Annotated[
        str | None, typer.Argument(metavar="QUEUE", help="One queue. Default: all of the stage.")
    ] = None,
    older: Annotated[
        bool, typer.Option("--older", help="Also the queues that an earlier stack left behind.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be moved, and move nothing.")
    ] = False,
) -> None:
    """Put dead letters back to work, under their ids. What was sent is not sent again."""
    from amsdal_mail.cli.dead_letters import find_queue, list_dead_letters

    invocation: Invocation = ctx.obj
    stage = invocation.stage()
    if queue is None:
        queues = list_dead_letters(stage, left_behind=older)
    else:
        queues = [find_queue(stage, queue)]
    if dry_run:
        _say_what_would_move(stage, queues)
        return
    results = [_redrive(stage, each) for each in queues]
    document = {"is_dry_run": False, "queues": [asdict(result) for result in results]}
    print_result(document, lambda console: _print_moved(console, results))
    if any(result.has_failed for result in results):
        raise typer.Exit(ExitCode.FAILED)


def _redrive(stage: Stage, queue: DeadLetterQueue) -> _Moved:
    from botocore.exceptions import BotoCoreError, ClientError

    from amsdal_mail.cli import dead_letters
    from amsdal_mail.cli.aws_errors import explain

    result = _Moved(queue.name)

    with _progress(queue) as tell:

        def count(moved: int) -> None:
            result.moved = moved
            tell(moved)

        try:
            done = dead_letters.redrive(stage, queue, count)
        except (ClientError, BotoCoreError) as error:
            result.error = explain(error, stage.profile).message
        else:
            result.errors, result.hidden = done.errors, done.hidden
    return result


@contextmanager
def _progress(queue: DeadLetterQueue) -> Iterator[Callable[[int], None]]:
    """Show how many messages are moved, where a person looks at standard error."""
    if AS_JSON.get() or not sys.stderr.isatty():
        yield lambda _moved: None
        return
    from rich.progress import Progress

    with Progress(console=SafeConsole(sys.stderr), transient=True) as progress:
        task = progress.add_task(shorten(queue.name, 60), total=queue.count or None)
        yield lambda moved: progress.update(task, completed=moved)


def _say_what_would_move(stage: Stage, queues: Sequence[DeadLetterQueue]) -> None:
    from dataclasses import replace

    from amsdal_mail.cli.dead_letters.queues import message_counts

    counted = []
    for queue in queues:
        count, hidden = message_counts(stage.client("sqs"), queue.url)
        counted.append(replace(queue, count=count, hidden=hidden))
    rows = [
        {"queue": each.name, "would_move": each.count, "hidden": each.hidden} for each in counted
    ]
    document = {"is_dry_run": True, "queues": rows}
    print_result(document, lambda console: console.print(_table(counted)))
    note("Nothing was moved. The numbers are approximate, and may be a minute old.")


def _table(queues: Sequence[DeadLetterQueue]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("queue", no_wrap=True)
    table.add_column("messages", justify="right")
    table.add_column("hidden", justify="right", style="dim")
    table.add_column("what they are", style="dim")
    for queue in queues:
        style = "bold red" if queue.count else "green"
        count, hidden = Text(f"{queue.count:,}", style=style), str(queue.hidden or "")
        table.add_row(queue.name, count, hidden, queue.title)
    return table


def _document(letter: DeadLetter, body: bool) -> dict[str, Any]:
    document = {
        "message_id": letter.message_id,
        "kind": letter.kind,
        "email_id": letter.email_id,
        "sent_at": letter.sent_at.isoformat() if letter.sent_at else None,
        "receives": letter.receives,
        "reason": letter.reason,
        "reasons": [asdict(reason) for reason in letter.reasons],
    }
    return document | ({"body": letter.body} if body else {})


def _print_letters(console: Console, letters: Sequence[DeadLetter], *, with_body: bool) -> None:
    if not letters:
        console.print(Text("There is no message that can be read now.", style="dim"))
    for letter in letters:
        title = Text(clean(letter.message_id), style="bold").append(f"  {letter.kind}", "default")
        if letter.email_id:
            title.append(f"  email {letter.email_id}", "cyan")
        times = "once" if letter.receives == 1 else f"{letter.receives} times"
        title.append(f"  {_age(letter.sent_at)}, received {times}", "dim")
        console.print(title, soft_wrap=True)
        for reason in letter.reasons:
            line = Text(f"  {reason.source:<8}", style="dim")
            console.print(line.append(shorten(reason.text, TEXT_LIMIT), "default"), soft_wrap=True)
        if not letter.reasons:
            console.print(Text(f"  {letter.reason}"), soft_wrap=True)
        if with_body:
            console.print(Text(f"  {clean(letter.body)}", style="dim"), soft_wrap=True)


def _print_moved(console: Console, results: Sequence[_Moved]) -> None:
    for result in results:
        console.print(Text(f"{clean(result.queue)}: {result.moved:,} moved"), soft_wrap=True)
        if result.hidden:
            text = f"  about {result.hidden:,} are still hidden: repeat the command later"
            console.print(Text(text, style="yellow"), soft_wrap=True)
        for message_id, error in result.errors.items():
            text = f"  {message_id} was not moved: {clean(error)}"
            console.print(Text(text, style="red"), soft_wrap=True)
        if result.error:
            text = f"  the queue could not be read to its end: {clean(result.error)}"
            console.print(Text(text, style="red"), soft_wrap=True)


def _age(sent_at: datetime | None) -> str:
    if sent_at is None:
        return "of unknown age"
    age = max(timedelta(0), datetime.now(UTC) - sent_at)
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    if hours >= 48:
        return f"{hours // 24} days old"
    return f"{hours} h {minutes} min old" if hours else f"{minutes} min old"
