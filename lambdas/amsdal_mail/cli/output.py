"""Results to standard output and errors to standard error: as JSON, or for a person.

Texts of an email come from strangers. No character of them controls the terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypedDict

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import ConsoleOptions, RenderableType

    from amsdal_mail.cli.errors import CommandError

__all__ = [
    "AS_JSON",
    "SafeConsole",
    "clean",
    "note",
    "print_error",
    "print_line",
    "print_result",
    "progress",
    "shorten",
    "to_json",
]

AS_JSON: ContextVar[bool] = ContextVar("AS_JSON", default=False)
"""Whether the option --json is set."""
PIPE_WIDTH = 200
"""Columns of a table that goes into a file or a pipe. Unless COLUMNS says another width."""

CONTROLS = "\x00-\x1f\x7f-\x9f"
INVISIBLE = "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\uffff"
"""Characters that turn the direction of a line, hide, or cannot be written.

https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""
UNSAFE = re.compile(f"[{CONTROLS}{INVISIBLE}\U000e0000-\U000e0fff]")
UNSAFE_IN_LINES = re.compile(f"(?!\n)[{CONTROLS}{INVISIBLE}\U000e0000-\U000e0fff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class _ConsoleSettings(TypedDict):
    markup: bool
    emoji: bool
    highlight: bool
    width: int | None


class SafeConsole(Console):
    """A console that writes no control character of a text. Square brackets are no markup."""

    def __init__(self, file: TextIO | None = None) -> None:
        stream = file or sys.stdout
        has_width = stream.isatty() or "COLUMNS" in os.environ
        settings = _ConsoleSettings(
            markup=False, emoji=False, highlight=False, width=None if has_width else PIPE_WIDTH
        )
        super().__init__(file=stream, **settings)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text without control characters, before its width is measured."""
        return super().render_str(clean(text, keep_lines=True), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of what is printed. Those of Rich itself are marked as control."""
        for segment in super().render(renderable, options):
            if segment.control or not UNSAFE_IN_LINES.search(segment.text):
                yield segment
            else:
                yield Segment(clean(segment.text, keep_lines=True), segment.style)


def clean(text: str, *, keep_lines: bool = False) -> str:
    """Return the text with a replacement character for each that a terminal would obey or hide.

    Line breaks become spaces, unless they are kept.
    """
    if not keep_lines:
        text = re.sub(r"\r?\n|\t", " ", text)
    return (UNSAFE_IN_LINES if keep_lines else UNSAFE).sub(REPLACEMENT, text)


def shorten(text: str, limit: int) -> str:
    """Return the clean text in one line of at most `limit` characters."""
    line = clean(text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def to_json(data: Any, *, indent: int | None = 2) -> str:
    """Return JSON that is safe to show: control characters only as escapes."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, default=str)
    return UNSAFE_IN_LINES.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def print_result(data: Any, human: Callable[[Console], None]) -> None:
    """Write the result of a command: one JSON document with --json, else what `human` prints."""
    if AS_JSON.get():
        _write(to_json(data) + "\n")
    else:
        human(SafeConsole())


def print_line(data: Any, human: Callable[[Console], None]) -> None:
    """Write one result of several: a line of JSON with --json. It is not kept in a buffer."""
    if AS_JSON.get():
        _write(to_json(data, indent=None) + "\n")
    else:
        human(SafeConsole())
    sys.stdout.flush()


def _write(text: str) -> None:
    # A terminal of another encoding than UTF-8 gets escapes: it may know no such character.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def note(text: str) -> None:
    """Write a remark to standard error. With --json, there are none."""
    if not AS_JSON.get():
        SafeConsole(sys.stderr).print(Text(clean(text), style="dim"), soft_wrap=True)


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Show a line at a terminal while the block runs. It yields a function that changes the text.

    In a pipe, in a file and with --json, nothing is shown.
    """
    if AS_JSON.get() or not sys.stderr.isatty():
        yield lambda _text: None
        return
    with SafeConsole(sys.stderr).status(Text(clean(text), style="dim")) as status:
        yield lambda changed: status.update(Text(clean(changed), style="dim"))


def print_error(error: CommandError) -> None:
    """Write the error to standard error: one JSON document with --json, else one or two lines."""
    if AS_JSON.get():
        sys.stderr.write(to_json({"error": error.document()}, indent=None) + "\n")
        return
    console = SafeConsole(sys.stderr)
    console.print(Text.assemble(("Error: ", "bold red"), clean(error.message)), soft_wrap=True)
    if error.cure:
        console.print(clean(error.cure), soft_wrap=True)
