"""Progress of a command: a line for each step, with the time it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from local.terminal import closed_pipe

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Printer", "show", "silent", "step"]

WIDTH = 58


class Printer(Protocol):
    """A function that shows a text to the person at the terminal."""

    def __call__(self, text: str, *, end: str = "\n") -> None:
        """Show `text`."""


def show(text: str, *, end: str = "\n") -> None:
    """Print without a delay, also into a pipe. Raises `EndedBySignal` when nobody reads it."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        closed_pipe.stop_output()


def silent(text: str, *, end: str = "\n") -> None:
    """Print nothing."""


@contextmanager
def step(title: str, *, output: Printer = show) -> Iterator[None]:
    """Show `title`, then the seconds that the block took, or that it failed or was stopped."""
    output(f"  {title} ".ljust(WIDTH, "."), end="")
    started_at = time.monotonic()
    try:
        yield
    except BaseException as error:
        result = "FAILED" if isinstance(error, Exception) else "stopped"
        output(f" {result} after {time.monotonic() - started_at:.1f} s")
        raise
    output(f" {time.monotonic() - started_at:4.1f} s")
