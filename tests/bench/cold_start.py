"""Cold starts, each in a fresh process, beside a function that only makes an SES client."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

from tests.bench.loopback import REPOSITORY, Loopback
from tests.bench.rows import Row, at_most, note

__all__ = ["rows"]

NAMES = {
    "bare": "a bare function with an SES client",
    "api": "send_email, HTTP request",
    "queue": "send_email, SQS record",
    "events": "track_events, SQS record",
}


class Start(NamedTuple):
    wall: float
    cpu: float
    megabytes: float


def rows(loopback: Loopback, rounds: int = 9) -> list[Row]:
    loopback.answer_after(0)
    untraced = {"POWERTOOLS_TRACE_DISABLED": "true"}
    found: dict[str, list[Start]] = {}
    for number in range(rounds + 1):  # the first one writes byte code and warms the disk
        for name in NAMES:
            start = cold_start(loopback, name)
            if number:
                found.setdefault(name, []).append(start)
    # The machine can only make a start slower: its quickest is what the program takes.
    of = {name: Start(*map(min, zip(*taken, strict=True))) for name, taken in found.items()}
    without_tracing = cold_start(loopback, "queue", untraced)
    return [
        *(row for name in NAMES if name != "bare" for row in _rows(of[name], of["bare"], name)),
        note("cold start without X-Ray tracing, SQS record", _figures(without_tracing)),
    ]


def _rows(start: Start, bare: Start, name: str) -> list[Row]:
    return [
        at_most(
            f"cold start, {NAMES[name]}",
            start.cpu / bare.cpu,
            1.5,
            "bare",
            f"CPU {start.cpu * 1000:.0f} to {bare.cpu * 1000:.0f} ms,"
            f" on the wall {start.wall * 1000:.0f} to {bare.wall * 1000:.0f}",
        ),
        at_most(
            f"peak memory, {NAMES[name]}",
            start.megabytes / bare.megabytes,
            1.3,
            "bare",
            f"{start.megabytes:.0f} to {bare.megabytes:.0f} MB",
        ),
    ]


def _figures(start: Start) -> str:
    return f"CPU {start.cpu * 1000:.0f} ms, {start.megabytes:.0f} MB"


def cold_start(loopback: Loopback, name: str, more: dict[str, str] | None = None) -> Start:
    environment = {**loopback.environment, **(more or {})}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.cold_child", name],
        env=environment,
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Start(*map(float, done.stdout.split()))
