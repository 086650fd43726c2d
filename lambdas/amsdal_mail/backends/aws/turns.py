"""Turns: how many calls may begin before an event loop goes on with its other work."""

from __future__ import annotations

import asyncio

__all__ = ["Turns"]

BUDGET = 0.01
"""Seconds. To begin a call takes a millisecond or more, and hundreds of sends can begin at once."""


class Turns:
    """The calls that begin in one pass of an event loop, for about as long as the budget."""

    def __init__(self) -> None:
        self._queue = asyncio.Lock()
        self._since: float | None = None

    async def take(self) -> None:
        """Wait until a call may begin: at once, or in a later pass of the loop."""
        async with self._queue:
            loop = asyncio.get_running_loop()
            if self._since is not None and loop.time() - self._since > BUDGET:
                await asyncio.sleep(0)
            if self._since is None:
                self._since = loop.time()
                loop.call_soon(self._end_pass)

    def _end_pass(self) -> None:
        self._since = None
