"""How long a caller waits until SES has accepted an email, with warm workers.

Each caller has a worker of its own, as on Lambda. SES responds after 50 ms, the table and SQS after
5 ms.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain

from tests.bench.latency_child import HAND_OVER
from tests.bench.loopback import REPOSITORY, Loopback
from tests.bench.rows import Row

__all__ = ["rows"]

SES, OTHERS = 50, 5
"""Milliseconds until a service responds."""
SES_CALLS = ("outbound-emails", "outbound-bulk-emails")
CALLERS = (1, 8)
CALLS = 200
"""For each caller."""
PAUSE = 0.05
"""Seconds between two calls of a caller."""
TARGETS = {"sync": 0.25, "queued": 1.0}


class Worker:
    """A process with the warm function."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout

    def call(self, kind: str) -> float:
        self._in.write(f"{kind}\n")
        self._in.flush()
        return float(self._out.readline())

    def wait_until_warm(self) -> None:
        assert self._out.readline() == "warm\n"


@contextmanager
def _worker() -> Iterator[Worker]:
    command = [sys.executable, "-m", "tests.bench.latency_child"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
    ) as process:
        yield Worker(process)
        assert process.stdin
        process.stdin.close()


def rows(loopback: Loopback, calls: int = CALLS) -> list[Row]:
    loopback.answer_after(OTHERS, **dict.fromkeys(SES_CALLS, SES))
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker()) for _ in range(max(CALLERS))]
        for worker in workers:
            worker.wait_until_warm()
        return [
            _row(kind, callers, sorted(_times(workers[:callers], kind, calls)))
            for kind in TARGETS
            for callers in CALLERS
        ]


def _times(workers: list[Worker], kind: str, calls: int) -> list[float]:
    with ThreadPoolExecutor(len(workers)) as pool:
        of_workers = pool.map(lambda worker: _calls(worker, kind, calls), workers)
        return list(chain.from_iterable(of_workers))


def _calls(worker: Worker, kind: str, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        times.append(worker.call(kind))
        time.sleep(PAUSE)
    return times


def _row(kind: str, callers: int, times: list[float]) -> Row:
    hand_over = f"by the queue ({HAND_OVER * 1000:.0f} ms for the hand-over)"
    by = hand_over if kind == "queued" else "by API"
    p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
    return Row(
        f"an email {by}, {callers} caller{'s' * (callers > 1)}, SES {SES} ms",
        f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms",
        f"p99 <= {TARGETS[kind] * 1000:.0f} ms",
        p99 <= TARGETS[kind],
    )
