"""The command line as a program, against the deployed stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.commands.welcome import shell_variables
from local.stack.environment import export_lines
from local.stack.local_aws import LocalAWS
from tests.e2e.service import Service, to

PROGRAM = Path(sys.executable).with_name("amsdal-mail")
SENDER = "orders@example.com"
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class CommandLine:
    """The installed program, in a folder that looks like a repository with a running local AWS."""

    folder: Path
    stage: str

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command; return its output."""
        variables = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
        done = subprocess.run(
            [str(PROGRAM), *arguments, "--stage", self.stage],
            env=variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr
        return done.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command that ends by a signal, also where a shell in the background began."""

        def take_signals() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        variables = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
        with subprocess.Popen(
            [str(PROGRAM), *arguments, "--stage", self.stage],
            env=variables,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=take_signals,
        ) as process:
            try:
                yield process
            finally:
                process.kill()  # after a failure it would run on

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture(scope="module")
def command_line(local_aws: LocalAWS, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line for the deployed stack, which it finds as it finds that of make local."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "cdk.json").write_text("{}")
    run_dir = folder / ".local" / str(local_aws.port)
    run_dir.mkdir(parents=True)
    (run_dir / "env").write_text(export_lines(shell_variables(local_aws)))
    return CommandLine(folder, f"local:{local_aws.port}")


def test_sent_email_is_found_and_shown(command_line: CommandLine, service: Service) -> None:
    recipient = to(f"success+{uuid4().hex}")
    sent = command_line.json(
        "send", "--from", SENDER, "--to", recipient, "--subject", "Order [1234]", "--text", "Hi",
        "--tag", "order", "--metadata", "order_id=1234",
    )  # fmt: skip
    service.wait_for_state(sent["email_id"], "delivered")

    (found,) = command_line.json("find", "--recipient", recipient)["emails"]

    assert found["email_id"] == sent["email_id"]
    assert found["recipient"]["state"] == "delivered"
    table = command_line.run("find", "--recipient", recipient, "--from", "1d")
    assert "delivered" in table
    assert sent["email_id"] in table
    shown = command_line.run("show", sent["email_id"])
    for text in (recipient, "metadata  order_id=1234", "delivery"):
        assert text in shown


def test_bounced_address_is_suppressed_until_it_is_removed(
    command_line: CommandLine, service: Service
) -> None:
    recipient = to(f"bounce+{uuid4().hex}")
    send = ("send", "--from", SENDER, "--to", recipient, "--subject", "a", "--text", "b")
    service.wait_for_state(command_line.json(*send)["email_id"], "bounced")

    listed = _wait_for_suppression(command_line, recipient)

    assert listed["reason"] == "bounce"
    assert recipient in command_line.run("suppressions", "show", recipient)
    assert "suppressed" in command_line.run(*send, code=1)
    command_line.run("suppressions", "remove", recipient)
    command_line.run("suppressions", "show", recipient, code=1)


def _wait_for_suppression(command_line: CommandLine, address: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        entries = command_line.json("suppressions", "list")["suppressions"]
        for entry in entries:
            if entry["address"] == address:
                return dict(entry)
    raise AssertionError(f"{address} is not on the list")


def test_scheduled_email_is_moved_and_canceled(command_line: CommandLine) -> None:
    key = f"later-{uuid4().hex}"
    command_line.run(
        "send", "--from", SENDER, "--to", to("success"), "--subject", "a", "--text", "b",
        "--send-at", "2h", "--key", key,
    )  # fmt: skip

    moved = command_line.json("reschedule", key, "3d")

    assert moved["state"] == "scheduled"
    assert command_line.json("cancel", key)["state"] == "canceled"
    command_line.run("cancel", "no-such-email", code=1)


def test_tail_shows_a_new_email_until_ctrl_c(command_line: CommandLine) -> None:
    tag = f"tag-{uuid4().hex}"
    send = ("send", "--from", SENDER, "--to", to("success"), "--subject", "a", "--text", "b")

    with command_line.running("tail", "--tag", tag, "--interval", "1", "--json") as tail:
        sent = command_line.json(*send, "--tag", tag)
        assert tail.stdout is not None
        states = []
        while "delivered" not in states:
            line = json.loads(tail.stdout.readline())
            assert line["email_id"] == sent["email_id"]
            states.append(line["state"])
        tail.send_signal(signal.SIGINT)
        assert tail.wait(PATIENCE_SECONDS) == 130
        assert tail.stdout.read() == ""


def test_console_serves_one_browser_until_ctrl_c(command_line: CommandLine) -> None:
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    stranger = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with command_line.running("console", "--no-open") as console:
        assert console.stdout is not None
        address = console.stdout.readline().strip()
        with browser.open(address, timeout=PATIENCE_SECONDS) as response:
            page = response.read().decode()
        with pytest.raises(urllib.error.HTTPError) as refused:
            stranger.open(address, timeout=10)
        console.send_signal(signal.SIGINT)
        assert console.wait(PATIENCE_SECONDS) == 130

    assert "read-only" in page
    assert "The list could not be read" not in page
    with refused.value as response:
        assert response.code == 403
