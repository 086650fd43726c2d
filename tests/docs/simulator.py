"""An SES simulator for these tests, and the environment of a program that uses it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from tests.docs.pages import ROOT

__all__ = ["environment", "messages", "running"]

PATIENCE_SECONDS = 30


@contextmanager
def running(log: Path) -> Iterator[str]:
    """Run the simulator for the block, and yield its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "local.ses", "--port", str(port), "--configuration-set", "set"]
    command += ["--identity", "example.com"]
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(f"{url}/_local/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def environment(ses_url: str) -> dict[str, str]:
    """The environment that leads to the simulator, and to no account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL_SESV2": ses_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "lambdas"), str(ROOT)]),
    }


def messages(ses_url: str) -> list[dict[str, object]]:
    """The messages that the simulator has accepted, newest first."""
    with urllib.request.urlopen(f"{ses_url}/_local/messages?limit=100", timeout=10) as response:
        return list(json.load(response)["messages"])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the SES simulator did not start: {process.args!r}")
