"""Cold starts, each in a fresh process, beside a bare function with the same AWS clients."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import NamedTuple

from tests.bench.loopback import REPOSITORY, Loopback
from tests.bench.rows import Row, at_most, note

__all__ = ["rows"]

NAMES = {
    "api": "send_email, HTTP request",
    "queue": "send_email, SQS record",
    "events": "track_events, SQS record",
}
BARE = {"api": "bare_send", "queue": "bare_send", "events": "bare_track"}
"""The bare function that makes the same clients: three for send_email, two for track_events."""

CPU_TARGET = 1.6
MEMORY_TARGET = 1.35


class Start(NamedTuple):
    wall: float
    cpu: float
    megabytes: float


def rows(loopback: Loopback, rounds: int = 9) -> list[Row]:
    loopback.answer_after(0)
    names = [*dict.fromkeys(BARE.values()), *NAMES]
    starts: dict[str, list[Start]] = {name: [] for name in names}
    for number in range(rounds + 1):  # the first round writes byte code and warms the disk
        for name in names:
            start = cold_start(loopback, name)
            if number:
                starts[name].append(start)
    # The machine can only make a start slower: the quickest start is what the program takes.
    best = {name: Start(*map(min, zip(*taken, strict=True))) for name, taken in starts.items()}
    with_tracer = cold_start(loopback, "queue", {"POWERTOOLS_TRACE_DISABLED": "false"})
    return [
        note("Python of the cold starts", platform.python_version()),
        *(row for name in NAMES for row in _rows(best[name], best[BARE[name]], name)),
        note("cold start with Powertools' Tracer, SQS record", _figures(with_tracer)),
    ]


def _rows(start: Start, bare: Start, name: str) -> list[Row]:
    return [
        at_most(
            f"cold start, {NAMES[name]}",
            start.cpu / bare.cpu,
            CPU_TARGET,
            "bare with the same clients",
            f"CPU {start.cpu * 1000:.0f} to {bare.cpu * 1000:.0f} ms,"
            f" on the wall {start.wall * 1000:.0f} to {bare.wall * 1000:.0f}",
        ),
        at_most(
            f"peak memory, {NAMES[name]}",
            start.megabytes / bare.megabytes,
            MEMORY_TARGET,
            "bare with the same clients",
            f"{start.megabytes:.0f} to {bare.megabytes:.0f} MB",
        ),
    ]


def _figures(start: Start) -> str:
    return f"CPU {start.cpu * 1000:.0f} ms, {start.megabytes:.0f} MB"


def cold_start(loopback: Loopback, name: str, more: dict[str, str] | None = None) -> Start:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.cold_child", name],
        env={**loopback.environment, **(more or {})},
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Start(*map(float, done.stdout.split()))
