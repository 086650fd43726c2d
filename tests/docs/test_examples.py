"""The programs of examples/ run, each as a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.docs import simulator
from tests.docs.pages import ROOT

SENDER, ANNA, BOB = "orders@example.com", "anna@example.com", "bob@example.com"


def run(name: str, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"examples/{name}.py", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.fixture(params=["ses", "memory"])
def env(request: pytest.FixtureRequest, ses_url: str) -> dict[str, str]:
    return simulator.environment(ses_url) | {"AMSDAL_EMAIL_BACKEND": request.param}


@pytest.mark.parametrize("name", ["send_plain", "send_template"])
def test_every_recipient_is_accepted(name: str, env: dict[str, str]) -> None:
    done = run(name, SENDER, ANNA, BOB, env=env)

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        [ANNA, "accepted"],
        [BOB, "accepted"],
    ]


@pytest.mark.parametrize(("name", "count"), [("send_plain", 1), ("send_template", 2)])
def test_ses_gets_one_message_or_one_per_recipient(name: str, count: int, ses_url: str) -> None:
    before = len(simulator.messages(ses_url))

    run(name, SENDER, ANNA, BOB, env=simulator.environment(ses_url))

    assert len(simulator.messages(ses_url)) == before + count


def test_invalid_address_is_named(env: dict[str, str]) -> None:
    done = run("send_plain", SENDER, "not an address", env=env)

    assert done.returncode == 1
    assert done.stderr.startswith("to[0]: ")


def test_events_are_printed_with_the_address_to_suppress(env: dict[str, str]) -> None:
    files = [f"events/ses/{name}.json" for name in ("send", "delivery", "bounce_permanent")]

    done = run("consume_events", *files, env=env)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["send", "delivery", "bounce"]
    assert lines[3:] == ["suppress nobody@example.net"]


def test_every_example_is_tested() -> None:
    names = {path.stem for path in (ROOT / "examples").glob("*.py")}

    assert names == {"send_plain", "send_template", "consume_events"}
