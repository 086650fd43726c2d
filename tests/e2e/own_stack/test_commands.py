"""`make local` and `make demo`: their ports, processes and results."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT, STATE_DIR
from local.process.ports import free_port
from local.process.tree import descendants, parents
from local.stack import samples
from local.stack.api_client import call
from tests.unit.local.stack.trap import hostile_environment, serving

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds child processes in /proc"
)

PATIENCE_SECONDS = 180


class LocalCommand:
    """`python -m local` as a child process, with its output."""

    def __init__(self, output: Path, port: int, ses_port: int) -> None:
        self.output = output
        self.state = STATE_DIR / str(port)
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                command(port, ses_port), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT
            )

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def api_url(self) -> str:
        lines = self.output.read_text().splitlines()
        return next(line.split()[-1] for line in lines if line.startswith("  HTTP API"))


def command(port: int, ses_port: int) -> list[str]:
    return [sys.executable, "-m", "local", "--port", str(port), "--ses-port", str(ses_port)]


def still_running(pids: set[int], *, seconds: float = 10) -> set[int]:
    deadline = time.monotonic() + seconds
    while (remaining := pids & parents().keys()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return remaining


@pytest.fixture
def local_command(tmp_path: Path) -> Iterator[LocalCommand]:
    local = LocalCommand(tmp_path / "output", free_port(), free_port())
    yield local
    if local.process.poll() is None:
        local.process.terminate()
    local.process.wait(PATIENCE_SECONDS)
    shutil.rmtree(local.state, ignore_errors=True)


def test_ctrl_c_ends_all_processes_and_workers(local_command: LocalCommand) -> None:
    local_command.wait_for("Ctrl-C stops everything")
    before = descendants(local_command.process.pid)
    response = call(local_command.api_url(), samples.request("plain"))
    children = descendants(local_command.process.pid)

    local_command.process.send_signal(signal.SIGINT)

    assert response.status == 200
    assert len(children) > len(before) >= 2
    assert local_command.process.wait(30) == 0
    assert still_running(children) == set()


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL],
    ids=["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"],
)
def test_no_process_outlives_an_interrupted_start(
    local_command: LocalCommand, number: signal.Signals
) -> None:
    local_command.wait_for("cdk bootstrap")
    children = descendants(local_command.process.pid)

    local_command.process.send_signal(number)

    assert len(children) >= 2
    local_command.process.wait(30)
    assert still_running(children) == set()


@pytest.mark.parametrize("busy", ["--port", "--ses-port"])
def test_a_busy_port_is_reported_with_the_option(busy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ports = {"--port": free_port(), "--ses-port": free_port()} | {busy: port}

        refused = subprocess.run(
            command(ports["--port"], ports["--ses-port"]),
            cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in refused.stderr
    assert f"{busy}, or make local" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_each_sample_of_the_demo_has_the_expected_result(tmp_path: Path) -> None:
    """The demo starts under all AWS settings of a developer, and calls nothing else."""
    with serving() as trap:
        demo = run_demo(dict(os.environ) | hostile_environment(trap.url, tmp_path))

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "All 12 emails have the expected result." in demo.stdout
    assert trap.requests == []


def run_demo(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
        env=env, stdin=subprocess.DEVNULL,
    )  # fmt: skip
