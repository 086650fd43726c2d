"""The SES simulator as a child process, and calls to its control path."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.paths import ROOT
from local.process import child
from local.process.loopback import urlopen
from local.process.ports import LOOPBACK
from local.stack.environment import for_local_aws

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["control", "running"]


@contextmanager
def running(
    port: int, *, aws_endpoint: str, run_dir: Path, identities: Sequence[str] = ()
) -> Iterator[None]:
    """Run the simulator on `port` within the block. It publishes its events at `aws_endpoint`.

    `identities` are verified, beside those that a stack creates there.
    """
    command = [
        sys.executable, "-m", "local.ses", "--port", str(port), "--aws-endpoint", aws_endpoint
    ]  # fmt: skip
    command += [f"--identity={name}" for name in identities]
    log = run_dir / "ses.log"
    process = child.start(command, log=log, env=for_local_aws(os.environ, aws_endpoint), cwd=ROOT)
    try:
        health = f"http://{LOOPBACK}:{port}/_local/health"
        child.wait_until_ready(process, health, name="the SES simulator", log=log)
        yield
    finally:
        child.stop(process)


def control(ses_url: str, method: str, path: str, body: object = None) -> Any:
    """Call the simulator's control path, `/_local/<path>`, and return the JSON of its response."""
    content = None if body is None else json.dumps(body).encode()
    url = f"{ses_url.rstrip('/')}/_local/{path}"
    request = urllib.request.Request(url, content, method=method)  # noqa: S310 - loopback
    with urlopen(request, timeout=60) as response:
        return json.load(response)
