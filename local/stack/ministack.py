"""MiniStack, the process that replaces AWS, except for SES.

It runs in a virtual environment of its own, because it pins another botocore. It runs each Python
function with the interpreter of that environment, whatever the Runtime of the function says.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.paths import MINISTACK_PYTHON, ROOT
from local.process import child
from local.process.ports import LOOPBACK
from local.stack.environment import NO_CONFIG_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["certificate", "environment", "running"]

LAUNCHER = ROOT / "local" / "stack" / "ministack_launcher.py"
STRICT = {"AUTH": "true", "USE_SSL": "1"}


@contextmanager
def running(port: int, *, ses_url: str, run_dir: Path, strict: bool = False) -> Iterator[int]:
    """Run MiniStack on `port` within the block, and yield its pid.

    With `strict`, MiniStack checks signatures and IAM policies, and uses TLS, because policies
    require it.
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
    """Return the whole environment of MiniStack.

    Each Lambda function inherits all of it, so it has no variable of the developer, and it does
    not read the config files in the home folder.
    `AWS_ENDPOINT_URL_SESV2` leads the functions to the SES simulator. The tracer is off, because
    there is no daemon that it could send to. Workers unpack their code below TMPDIR and never
    remove it, so the run has a temporary folder of its own.
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
        **NO_CONFIG_FILES,
    }


def certificate(run_dir: Path) -> Path:
    """Return the path of the certificate that a strict MiniStack creates when it starts."""
    return run_dir / "tmp" / "ministack-tls" / "server.crt"
