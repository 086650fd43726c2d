"""The memory of a function that sends emails of 40 MB from the queue."""

from __future__ import annotations

import subprocess
import sys

from tests.bench.heavy_child import MEMORY_MB
from tests.bench.loopback import REPOSITORY, Loopback
from tests.bench.rows import Row, at_most, note
from tests.bench.stub_responses import LARGE_FILE_SIZE

__all__ = ["rows"]

MESSAGE_MB = LARGE_FILE_SIZE * 78 / 57 / 2**20
TARGET = 3.0
KINDS = {
    "files": "its file in the bucket",
    "request": "its JSON in the bucket, with the file in it",
}


def rows(loopback: Loopback) -> list[Row]:
    """Measure one email of each kind, and a batch. Too little memory would end the process."""
    loopback.answer_after(0)
    single = {kind: _measure(loopback, kind, 1) for kind in KINDS}
    batch, seconds = _measure(loopback, "files", 10)
    return [
        *(
            at_most(
                f"memory of an email, {KINDS[kind]}",
                megabytes / MESSAGE_MB,
                TARGET,
                "the message",
                f"{megabytes:.0f} of {MESSAGE_MB:.0f} MB in {seconds:.1f} s",
            )
            for kind, (megabytes, seconds) in single.items()
        ),
        note(f"a batch of ten in {MEMORY_MB} MB", f"{batch:.0f} MB more, {seconds:.1f} s"),
    ]


def _measure(loopback: Loopback, kind: str, emails: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.heavy_child", kind, str(emails)],
        env=loopback.environment,
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds
