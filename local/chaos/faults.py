"""What goes wrong in a chaos run: SES by its switches, the functions by SIGKILL."""

from __future__ import annotations

import os
import random
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.process.tree import descendants
from local.stack.ses_simulator import control

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS_BETWEEN_KILLS = 4.0
BAD_DAYS: dict[str, Any] = {
    "latency_ms": 60,
    "throttle": {"chance": 0.10},
    "server_error": {"chance": 0.05},
    "drop_request": {"chance": 0.03},
    "drop_answer": {"chance": 0.05},
    "events": {"delay_ms": 50, "duplicate_chance": 0.3, "shuffle": True},
}
GOOD_DAYS: dict[str, Any] = {
    "latency_ms": 0,
    "throttle": {"chance": 0},
    "server_error": {"chance": 0},
    "drop_request": {"chance": 0},
    "drop_answer": {"chance": 0},
    "events": {"delay_ms": 20, "duplicate_chance": 0, "lost_chance": 0, "shuffle": False},
}


@contextmanager
def misbehaving(ses_url: str) -> Iterator[None]:
    """Let SES throttle, fail, hang up and tell its events twice and out of order."""
    switch(ses_url, BAD_DAYS)
    try:
        yield
    finally:
        switch(ses_url, GOOD_DAYS)


def switch(ses_url: str, change: dict[str, Any]) -> None:
    """Set switches of the SES simulator."""
    control(ses_url, "PUT", "switches", change)


class Killer:
    """Kills `count` processes below MiniStack, one every few seconds: all are functions' workers.

    No more than that: on a busy machine a worker takes longer to start than to be killed.
    """

    def __init__(self, ministack_pid: int, count: int, chance: random.Random) -> None:
        self._pid = ministack_pid
        self._count = count
        self._chance = chance
        self._over = threading.Event()
        self.killed = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Kill until the block ends."""
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _work(self) -> None:
        while self.killed < self._count:
            if self._over.wait(SECONDS_BETWEEN_KILLS * (0.5 + self._chance.random())):
                return
            workers = sorted(descendants(self._pid))
            if workers and _kill(self._chance.choice(workers)):
                self.killed += 1


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
