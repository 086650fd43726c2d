"""The CDK command line, run against the local AWS."""

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

__all__ = ["assembly_dir", "bootstrap", "deploy", "read_outputs"]

TIMEOUT_SECONDS = 300.0


def bootstrap(endpoint: str, *, run_dir: Path) -> None:
    """Create the bucket and the roles that `cdk deploy` needs, once for an account and region.

    The command runs in a folder without cdk.json, so that it does not synthesise the app too.
    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping.html
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
    """Return the outputs in an outputs file of the CDK.

    Raises:
        ValueError: the file has not exactly one stack.
    """
    stacks: dict[str, dict[str, str]] = json.loads(text)
    if len(stacks) != 1:
        raise ValueError(f"expected the outputs of one stack, got {sorted(stacks) or 'none'}")
    return next(iter(stacks.values()))


def assembly_dir(run_dir: Path) -> Path:
    """Return the folder with the synthesised templates of a run."""
    return run_dir / "cdk.out"


def _cdk(command: str, *arguments: str, endpoint: str, run_dir: Path, cwd: Path) -> None:
    child.run(
        [str(CDK), command, *arguments],
        log=run_dir / f"cdk-{command}.log",
        env=for_cdk(os.environ, endpoint),
        cwd=cwd,
        timeout=TIMEOUT_SECONDS,
    )
