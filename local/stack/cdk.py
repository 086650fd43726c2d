"""The real CDK command line, pointed at the local AWS."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from local.paths import CDK, ROOT
from local.process import child
from local.stack.environment import ACCOUNT, REGION, for_cdk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 300.0


def bootstrap(endpoint: str, *, run_dir: Path) -> None:
    """Make the bucket and the roles that every `cdk deploy` needs, once an account and region.

    It runs where no cdk.json is, so that the command does not synthesise the app as well.
    """
    target = f"aws://{ACCOUNT}/{REGION}"
    _cdk("bootstrap", target, endpoint=endpoint, run_dir=run_dir, cwd=run_dir)


def deploy(endpoint: str, *, run_dir: Path, context: Mapping[str, str]) -> dict[str, str]:
    """Synthesise and deploy the stack; return its outputs by name."""
    outputs = run_dir / "outputs.json"
    settings = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
    _cdk(
        "deploy", *settings, "--require-approval", "never", "--outputs-file", str(outputs),
        "--output", str(assembly_dir(run_dir)),
        endpoint=endpoint, run_dir=run_dir, cwd=ROOT,
    )  # fmt: skip
    return read_outputs(outputs.read_text())


def read_outputs(text: str) -> dict[str, str]:
    """Return the outputs of the only stack in an outputs file of the CDK."""
    stacks: dict[str, dict[str, str]] = json.loads(text)
    if len(stacks) != 1:
        raise ValueError(f"expected the outputs of one stack, found {sorted(stacks) or 'none'}")
    return next(iter(stacks.values()))


def assembly_dir(run_dir: Path) -> Path:
    """Return the folder with the synthesised templates of this run."""
    return run_dir / "cdk.out"


def _cdk(command: str, *arguments: str, endpoint: str, run_dir: Path, cwd: Path) -> None:
    child.run(
        [str(CDK), command, *arguments],
        log=run_dir / f"cdk-{command}.log",
        env=for_cdk(os.environ, endpoint),
        cwd=cwd,
        timeout=TIMEOUT_SECONDS,
    )
