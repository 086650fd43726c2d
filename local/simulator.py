"""The SES simulator as a process of its own."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local import processes
from local.paths import ROOT
from local.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def running(port: int, *, aws_endpoint: str, run_dir: Path) -> Iterator[None]:
    """Run the simulator on `port` for the block; it publishes its events at `aws_endpoint`."""
    command = [
        sys.executable, "-m", "local.ses", "--port", str(port), "--aws-endpoint", aws_endpoint
    ]  # fmt: skip
    log = run_dir / "ses.log"
    process = processes.start(command, log=log, env=dict(os.environ), cwd=ROOT)
    try:
        health = f"http://{LOOPBACK}:{port}/_local/health"
        processes.wait_until_ready(process, health, name="the SES simulator", log=log)
        yield
    finally:
        processes.stop(process)


def show_stack(ses_url: str, *, api_url: str, table_name: str, aws_endpoint: str) -> None:
    """Tell the inbox page which stack to ask what became of an email."""
    stack = {"api_url": api_url, "table_name": table_name, "aws_endpoint": aws_endpoint}
    request = urllib.request.Request(  # noqa: S310 - our own loopback URL
        f"{ses_url}/_local/stack", json.dumps(stack).encode(), method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass
