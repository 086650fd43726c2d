"""MiniStack, the process that plays AWS: started with a clean environment, stopped with no rest.

It runs in a virtual environment of its own (it pins another botocore than ours), and runs every
Python function with that environment's interpreter, whatever the function's Runtime says.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.paths import MINISTACK_PYTHON, ROOT
from local.process import child
from local.process.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAUNCHER = ROOT / "local" / "stack" / "ministack_launcher.py"
STRICT = {"AUTH": "true", "USE_SSL": "1"}


@contextmanager
def running(port: int, *, ses_url: str, run_dir: Path, strict: bool = False) -> Iterator[int]:
    """Run MiniStack on `port` for the block, which gets its pid; SES is at `ses_url`.

    `strict` makes it check signatures and IAM policies, and speak TLS: policies ask for that.
    """
    temporary = run_dir / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    log = run_dir / "ministack.log"
    env = environment(port, ses_url, temporary) | (STRICT if strict else {})
    command = [str(MINISTACK_PYTHON), "-P", str(LAUNCHER)]
    process = child.start(command, log=log, env=env, cwd=run_dir)
    try:
        health = f"{'https' if strict else 'http'}://localhost:{port}/_ministack/health"
        child.wait_until_ready(process, health, name="MiniStack", log=log)
        yield process.pid
    finally:
        child.stop(process)
        shutil.rmtree(temporary, ignore_errors=True)


def environment(port: int, ses_url: str, temporary: Path) -> dict[str, str]:
    """Return MiniStack's whole environment: every Lambda function inherits all of it.

    So nothing of ours may leak in, and `AWS_ENDPOINT_URL_SESV2` here is what sends the functions'
    SES calls to the simulator. The tracer has no daemon to talk to. Workers unpack their code
    below TMPDIR and leave it there, hence a directory of its own.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "AWS_ENDPOINT_URL_SESV2": ses_url,
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


def certificate(run_dir: Path) -> Path:
    """Return where a strict MiniStack puts its own certificate, as it starts."""
    return run_dir / "tmp" / "ministack-tls" / "server.crt"
