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
from local.process.loopback import urlopen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ProcessError", "run", "start", "stop", "wait_until_ready"]

TERM_SECONDS = 5.0
TAIL_LINES = 25
EXEC_WITH_PARENT = (sys.executable, "-I", "-S", exec_with_parent.__file__)


class ProcessError(RuntimeError):
    """A process failed or did not become ready. The text ends with the last lines of its log."""


def start(
    command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, with both outputs in `log`.

    On Linux the kernel ends the child when the thread that started it ends, even by SIGKILL.
    On other systems only `stop` ends it. Ctrl-C in the terminal does not reach the group, so this
    process decides the order in which its children stop.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [*EXEC_WITH_PARENT, str(os.getpid()), *command],
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
    """Run `command` to its end.

    Raises:
        ProcessError: it failed, or took more than `timeout` seconds.
    """
    process, name = start(command, log=log, env=env, cwd=cwd), Path(command[0]).name
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise ProcessError(_with_tail(f"{name} took over {timeout:.0f} s", log)) from error
    finally:
        stop(process)
    if status != 0:
        raise ProcessError(_with_tail(f"{name} ended with exit status {status}", log))


def stop(process: subprocess.Popen[bytes], *, patience: float = TERM_SECONDS) -> None:
    """Stop the process and its group: SIGTERM, then SIGKILL after `patience` seconds."""
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
    """Wait until `url` returns 200.

    Raises:
        ProcessError: the process called `name` ended, or was not ready after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not _is_ready(url):
        if process.poll() is not None:
            text = f"{name} ended at once with exit status {process.poll()}"
            raise ProcessError(_with_tail(text, log))
        if time.monotonic() > deadline:
            raise ProcessError(_with_tail(f"{name} was not ready after {seconds:.0f} s", log))
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _with_tail(text: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join([f"{text}; the last lines of {log}:", *(f"    {line}" for line in lines)])


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return  # the whole group has ended
