from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.paths import ROOT
from local.process.child import ProcessError, run, start, stop, wait_until_ready

STARTS_A_CHILD = """
import os, sys, time
from pathlib import Path
from local.process.child import start
code = "import time; print('ready', flush=True); time.sleep(60)"
log = Path("child.log")
child = start(
    [sys.executable, "-c", code], log=log, env=dict(os.environ), cwd=Path.cwd()
)
print(child.pid, flush=True)
time.sleep(60)
"""
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('ready', flush=True); time.sleep(60)"
)
HAS_A_CHILD = (
    "import subprocess, sys, time;"
    " child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    " print(child.pid, flush=True); time.sleep(60)"
)


def python(code: str, log: Path) -> subprocess.Popen[bytes]:
    return start([sys.executable, "-c", code], log=log, env=ENVIRONMENT, cwd=log.parent)


def first_line(log: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if log.exists() and log.read_text().endswith("\n"):
            return log.read_text().strip()
        time.sleep(0.02)
    raise AssertionError(f"nothing was written to {log}")


def is_running(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/status")
        return not status.exists() or "State:\tZ" not in status.read_text()
    return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still running"
        time.sleep(0.02)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    process = python(IGNORES_SIGTERM, tmp_path / "log")
    first_line(tmp_path / "log")

    stop(process, patience=0.2)

    assert process.returncode == -signal.SIGKILL


def test_children_of_a_stopped_process_end_with_it(tmp_path: Path) -> None:
    process = python(HAS_A_CHILD, tmp_path / "log")
    child = int(first_line(tmp_path / "log"))

    stop(process)

    wait_until_gone(child)


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    process = python("pass", tmp_path / "log")

    stop(process)
    stop(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the end of a parent")
def test_a_process_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = python(STARTS_A_CHILD, tmp_path / "log")
    child = int(first_line(tmp_path / "log"))
    first_line(tmp_path / "child.log")

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    wait_until_gone(child)


def test_a_failed_command_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"]

    with pytest.raises(ProcessError, match=r"exit status 3(?s:.*)the reason"):
        run(command, log=tmp_path / "log", env=ENVIRONMENT, cwd=tmp_path, timeout=20)


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]

    with pytest.raises(ProcessError, match="took over"):
        run(command, log=tmp_path / "log", env=ENVIRONMENT, cwd=tmp_path, timeout=0.2)


def test_a_service_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    process = python("raise SystemExit('port taken')", tmp_path / "log")

    with pytest.raises(ProcessError, match=r"MiniStack ended(?s:.*)port taken"):
        wait_until_ready(
            process, "http://127.0.0.1:9/health", name="MiniStack", log=tmp_path / "log"
        )

    stop(process)
