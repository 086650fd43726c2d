"""Child processes that never outlive the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from local.process import exec_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TERM_SECONDS = 5.0
TAIL_LINES = 25
TIED = (sys.executable, "-I", "-S", exec_with_parent.__file__)


class ProcessError(RuntimeError):
    """A process failed or never became ready; the text carries the end of its log."""


def start(
    command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, with both outputs in `log`.

    On Linux the kernel ends the child when the thread that started it ends, even by SIGKILL;
    elsewhere only `stop` does. The terminal's Ctrl-C does not reach the group, so that we
    decide the order in which things stop.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [*TIED, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )


def run(
    command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path, timeout: float
) -> None:
    """Run `command` to its end; `ProcessError` when it fails or takes over `timeout` seconds."""
    process = start(command, log=log, env=env, cwd=cwd)
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        text = f"{Path(command[0]).name} took over {timeout:.0f} s"
        raise ProcessError(_with_tail(text, log)) from error
    finally:
        stop(process)
    if status != 0:
        text = f"{Path(command[0]).name} ended with exit status {status}"
        raise ProcessError(_with_tail(text, log))


def stop(process: subprocess.Popen[bytes], *, patience: float = TERM_SECONDS) -> None:
    """End the process and its whole group: SIGTERM, `patience` seconds, then SIGKILL."""
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_ready(
    process: subprocess.Popen[bytes], url: str, *, name: str, log: Path, seconds: float = 30.0
) -> None:
    """Wait until `url` answers 200; `ProcessError` when the process ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not _answers(url):
        if process.poll() is not None:
            text = f"{name} ended at once with exit status {process.poll()}"
            raise ProcessError(_with_tail(text, log))
        if time.monotonic() > deadline:
            raise ProcessError(_with_tail(f"{name} was not ready after {seconds:.0f} s", log))
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _with_tail(text: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join([f"{text}; the end of {log}:", *(f"    {line}" for line in lines)])


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return  # the whole group is gone already
