"""One printed line a step, with the time it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 58


class Say(Protocol):
    """Takes a piece of text for the person at the terminal."""

    def __call__(self, text: str, *, end: str = "\n") -> None:
        """Show `text`."""


def say(text: str, *, end: str = "\n") -> None:
    """Print at once, also into a pipe."""
    print(text, end=end, flush=True)


def silent(text: str, *, end: str = "\n") -> None:
    """Print nothing."""


@contextmanager
def step(title: str, *, to: Say = say) -> Iterator[None]:
    """Print `title`, then the seconds the block took, and how it ended when it did not."""
    to(f"  {title} ".ljust(WIDTH, "."), end="")
    began = time.monotonic()
    try:
        yield
    except BaseException as error:
        how = "FAILED" if isinstance(error, Exception) else "stopped"
        to(f" {how} after {time.monotonic() - began:.1f} s")
        raise
    to(f" {time.monotonic() - began:4.1f} s")
