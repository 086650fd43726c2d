"""The examples at the end of a help text."""

from __future__ import annotations

from rich.markup import escape

__all__ = ["examples"]


def examples(*lines: str) -> str:
    """Return the text: each line is a command without the name of the program."""
    shown = "\n".join(f"  [green]amsdal-mail {escape(line)}[/green]" for line in lines)
    return f"Examples:\n\n{shown}"
