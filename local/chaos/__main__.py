"""`python -m local chaos`: check that no email is lost or sent twice, whatever fails."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from local.chaos.run import SHORT_TIMES, run
from local.paths import STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.stack.local_aws import LocalAWS
from local.terminal import closed_pipe
from local.terminal.progress import show
from local.terminal.table import table

__all__ = ["main"]

LONG_RUN = {"lost_response_seconds": "30"}
"""More than in a short run: the events of many emails take longer on a busy machine."""
DESCRIPTION = """Send emails through a temporary local AWS while SES fails and workers are killed.
The exit status is 0 when no email was lost or sent twice."""


def main(arguments: list[str] | None = None) -> int:
    """Run once in a local AWS of its own; return 0 only when no email was lost or sent twice."""
    options = _parser().parse_args(arguments)
    STATE_DIR.mkdir(exist_ok=True)
    run_dir = Path(tempfile.mkdtemp(prefix="chaos-", dir=STATE_DIR))
    try:
        with (
            signals.as_exceptions(),
            LocalAWS(run_dir, settings={**SHORT_TIMES, **LONG_RUN}) as aws,
        ):
            verdict = run(aws, options.emails, seed=options.seed, output=show)
    except ProcessError as error:
        print(f"\n{error}\nLogs: {run_dir}", file=sys.stderr)
        return 1
    show(f"\n{table(('chaos', 'count'), verdict.rows())}\n")
    if not verdict.is_good:
        print(f"The chaos run FAILED: see the table. Logs: {run_dir}", file=sys.stderr)
        return 1
    shutil.rmtree(run_dir)
    show("No email was lost or sent twice.")
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local chaos", description=DESCRIPTION)
    text = "number of emails (default: %(default)s)"
    parser.add_argument("--emails", type=_count, default=10_000, help=text)
    text = "seed of the random failures (default: %(default)s)"
    parser.add_argument("--seed", type=int, default=1, help=text)
    return parser


if __name__ == "__main__":
    with closed_pipe.ends_command():
        sys.exit(main())
