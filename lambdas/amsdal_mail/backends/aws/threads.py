"""Threads for the blocking work of async code, where the interpreter still gives some."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

__all__ = ["in_thread", "start_in_thread"]

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """Call the function in a thread; in this one while the interpreter shuts down."""
    future = start_in_thread(function)
    return function() if future is None else await future


def start_in_thread(function: Callable[[], T]) -> asyncio.Future[T] | None:
    """Call the function in a thread, or return None where no thread can be had, as in `atexit`."""
    loop = asyncio.get_running_loop()
    try:
        return loop.run_in_executor(None, copy_context().run, function)
    except RuntimeError:
        return None
