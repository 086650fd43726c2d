"""Standard output into a pipe whose reader may leave early, such as `| head`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from local.process.signals import EndedBySignal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ends_command", "stop_output"]


def stop_output() -> NoReturn:
    """Drop all further output, and raise `EndedBySignal` as for SIGPIPE, which Python ignores.

    The further output is that of the clean-up, and a flush at the exit of the interpreter.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise EndedBySignal(signal.SIGPIPE)


@contextmanager
def ends_command() -> Iterator[None]:
    """Flush the output at the end of the block. Raises `EndedBySignal` when nobody reads it."""
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            stop_output()
