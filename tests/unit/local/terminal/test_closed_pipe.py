"""A command whose output nobody reads any more: `python -m local ses show | head -1`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from local.process.signals import EndedBySignal
from local.stack.local_aws import LocalAWS

PRINT_IN_CLEAN_UP = """
from local.terminal.progress import show
try:
    show("a")
finally:
    show("b")
    open({path!r}, "w").close()
"""


def run_into_closed_pipe(*arguments: str) -> tuple[int, str]:
    """Run Python with a buffered output, and return its exit status and its errors."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, *arguments]
        process = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        )
    finally:
        os.close(writer)
    return process.returncode, process.stderr


@pytest.mark.parametrize(
    "command",
    [
        "local --help",
        "local ses --help",
        "local ses rate --help",
        "local demo",
        "local.chaos --help",
    ],
)
def test_command_ends_quietly_as_by_a_signal(command: str) -> None:
    assert run_into_closed_pipe("-m", *command.split()) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("command", ["dead-letters --help", "doctor --help"])
def test_command_line_ends_quietly(command: str) -> None:
    assert run_into_closed_pipe("-m", "amsdal_mail.cli", *command.split())[1] == ""


def test_clean_up_may_print(tmp_path: Path) -> None:
    path = tmp_path / "cleaned_up"

    code = PRINT_IN_CLEAN_UP.format(path=str(path))

    assert run_into_closed_pipe("-c", code) == (128 + signal.SIGPIPE, "")
    assert path.exists()


def test_processes_stop_when_nobody_reads_the_output(tmp_path: Path) -> None:
    def show_to_nobody(text: str, *, end: str = "\n") -> None:
        raise EndedBySignal(signal.SIGPIPE)

    stopped: list[str] = []
    aws = LocalAWS(tmp_path, output=show_to_nobody)
    aws._running.callback(stopped.append, "MiniStack")

    with pytest.raises(EndedBySignal):
        aws.__exit__(None, None, None)

    assert stopped == ["MiniStack"]
