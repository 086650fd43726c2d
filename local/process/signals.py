"""Signals as exceptions: Ctrl-C, a closed terminal and kill end a command in the same order."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["EndedBySignal", "as_exceptions"]

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndedBySignal(SystemExit):
    """A signal ended the command. When it is not caught, the exit status is 128 + the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextmanager
def as_exceptions() -> Iterator[None]:
    """Raise `EndedBySignal` in the block at the first signal, and ignore the signals after it."""
    previous = {number: signal.signal(number, _raise) for number in END_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _raise(number: int, _: FrameType | None) -> None:
    for end_signal in END_SIGNALS:
        signal.signal(end_signal, signal.SIG_IGN)
    raise EndedBySignal(number)
