"""The failures of a chaos run: SES fails by its switches, workers by SIGKILL."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import urllib.request
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from local.process.loopback import urlopen
from local.process.tree import descendants
from local.stack.ses_simulator import control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "FAULTS_OFF",
    "FAULTS_ON",
    "OpenFlood",
    "WorkerKiller",
    "ended_by_gateway",
    "faulty_ses",
    "impatient_gateway",
    "set_switches",
    "short_delays",
    "unverified_sender",
]

SECONDS_BETWEEN_KILLS = 4.0
EARLY_EVERY = 5
EARLY_SECONDS = 0.1
"""When the gateway ends each fifth request, in place of 30 seconds. Most requests take longer."""
UNVERIFIED_SECONDS = 4.0
MESSAGES_BEFORE = 10
"""Messages that SES accepts before the sender's identity stops being verified."""
LONGEST_DELAY_SECONDS = 30
"""In place of 15 minutes. An email of an unverified sender waits as long as SQS can. The wait for
the event of a lost response is not longer than this."""
OPENS_AT_ONCE = 20
SECONDS_BETWEEN_OPENS = 0.5
"""40 opens a second. On two cores, more would take the time of the run, not of the queue."""
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


@contextmanager
def impatient_gateway(endpoint: str) -> Iterator[None]:
    """Let the API's gateway end some requests early within the block; the function runs on."""
    _gateway(endpoint, EARLY_EVERY)
    try:
        yield
    finally:
        _gateway(endpoint, 0)


def ended_by_gateway(endpoint: str) -> int:
    """Return how many requests the gateway has ended."""
    return int(_gateway(endpoint)["ended"])


def _gateway(endpoint: str, early_every: int | None = None) -> dict[str, Any]:
    change = {"early_every": early_every, "early_seconds": EARLY_SECONDS}
    return _control(endpoint, "gateway", None if early_every is None else change)


def _control(endpoint: str, path: str, change: dict[str, Any] | None) -> dict[str, Any]:
    """Call the launcher of MiniStack, and return the JSON of its response."""
    content = None if change is None else json.dumps(change).encode()
    method = "GET" if content is None else "PUT"
    url = f"{endpoint}/_local/{path}"
    request = urllib.request.Request(url, content, method=method)  # noqa: S310 - loopback
    with urlopen(request, timeout=60) as response:
        result: dict[str, Any] = json.load(response)
        return result


@contextmanager
def short_delays(endpoint: str) -> Iterator[None]:
    """Let SQS delay no message longer than LONGEST_DELAY_SECONDS within the block."""
    _control(endpoint, "delays", {"longest_seconds": LONGEST_DELAY_SECONDS})
    try:
        yield
    finally:
        _control(endpoint, "delays", {"longest_seconds": None})


@contextmanager
def unverified_sender(ses_url: str, identity: str) -> Iterator[None]:
    """Let the identity be unverified for some seconds in the block, until SES refuses a call."""
    message_count = _count(ses_url, "accepted messages") + MESSAGES_BEFORE

    def run(stopped: threading.Event) -> None:
        while _count(ses_url, "accepted messages") < message_count:
            if stopped.wait(0.2):
                return
        refused = _count(ses_url, "MessageRejected")
        set_switches(ses_url, {"identities": {identity: "PENDING"}})
        stopped.wait(UNVERIFIED_SECONDS)
        while _count(ses_url, "MessageRejected") == refused and not stopped.wait(0.2):
            pass  # a busy machine may make no call for seconds
        set_switches(ses_url, {"identities": {identity: "SUCCESS"}})

    with _background(run):
        yield


def _count(ses_url: str, name: str) -> int:
    return int(control(ses_url, "GET", "counts").get(name, 0))


@contextmanager
def _background(run: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run a function in a thread within the block. Its event is set at the end of the block."""
    stopped = threading.Event()
    thread = threading.Thread(target=run, args=(stopped,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class OpenFlood:
    """Fetches the pixel of the newest message, `count` times in all, as a mail scanner does."""

    def __init__(self, ses_url: str, count: int) -> None:
        self._url = ses_url
        self._count = count
        self.opened = 0

    def running(self) -> AbstractContextManager[None]:
        """Fetch pixels within the block."""
        return _background(self._run)

    def _run(self, stopped: threading.Event) -> None:
        while self.opened < self._count and not stopped.wait(SECONDS_BETWEEN_OPENS):
            for message in control(self._url, "GET", "messages?limit=1")["messages"]:
                for _ in range(OPENS_AT_ONCE):
                    urlopen(f"{self._url}/I0/{message['id']}", timeout=60).close()
                self.opened += OPENS_AT_ONCE


class WorkerKiller:
    """Kills `count` processes below MiniStack, all of them workers, one every few seconds.

    More kills would stop the run: on a busy machine a worker takes seconds to start.
    """

    def __init__(self, ministack_pid: int, count: int, rng: random.Random) -> None:
        self._pid = ministack_pid
        self._count = count
        self._rng = rng
        self.killed = 0

    def running(self) -> AbstractContextManager[None]:
        """Kill workers within the block."""
        return _background(self._run)

    def _run(self, stopped: threading.Event) -> None:
        while self.killed < self._count:
            if stopped.wait(SECONDS_BETWEEN_KILLS * (0.5 + self._rng.random())):
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
