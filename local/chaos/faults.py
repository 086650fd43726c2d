"""The failures of a chaos run: SES fails by its switches, workers by SIGKILL."""

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

__all__ = ["FAULTS_OFF", "FAULTS_ON", "WorkerKiller", "faulty_ses", "set_switches"]

SECONDS_BETWEEN_KILLS = 4.0
FAULTS_ON: dict[str, Any] = {
    "latency_ms": 60,
    "throttle": {"chance": 0.10},
    "server_error": {"chance": 0.05},
    "drop_request": {"chance": 0.03},
    "drop_response": {"chance": 0.05},
    "events": {"delay_ms": 50, "duplicate_chance": 0.3, "shuffle": True},
}
"""Switches with which SES throttles, fails, drops connections, and publishes events twice and in
any order."""
FAULTS_OFF: dict[str, Any] = {
    "latency_ms": 0,
    "throttle": {"chance": 0},
    "server_error": {"chance": 0},
    "drop_request": {"chance": 0},
    "drop_response": {"chance": 0},
    "events": {"delay_ms": 20, "duplicate_chance": 0, "lost_chance": 0, "shuffle": False},
}


@contextmanager
def faulty_ses(ses_url: str) -> Iterator[None]:
    """Let the SES simulator fail within the block."""
    set_switches(ses_url, FAULTS_ON)
    try:
        yield
    finally:
        set_switches(ses_url, FAULTS_OFF)


def set_switches(ses_url: str, change: dict[str, Any]) -> None:
    """Set switches of the SES simulator."""
    control(ses_url, "PUT", "switches", change)


class WorkerKiller:
    """Kills `count` processes below MiniStack, all of them workers, one every few seconds.

    More kills would stop the run: on a busy machine a worker takes seconds to start.
    """

    def __init__(self, ministack_pid: int, count: int, rng: random.Random) -> None:
        self._pid = ministack_pid
        self._count = count
        self._rng = rng
        self._stopped = threading.Event()
        self.killed = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Kill workers within the block."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _run(self) -> None:
        while self.killed < self._count:
            if self._stopped.wait(SECONDS_BETWEEN_KILLS * (0.5 + self._rng.random())):
                return
            workers = sorted(descendants(self._pid))
            if workers and _kill(self._rng.choice(workers)):
                self.killed += 1


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
