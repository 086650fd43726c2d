"""`python -m local.chaos`: nothing is lost and nothing sent twice, whatever goes wrong."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from local.chaos.run import CONTEXT, run
from local.paths import STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.stack.local_aws import LocalAws
from local.terminal.progress import say
from local.terminal.table import table

PATIENT = {"lost_answer_seconds": "30"}
"""More than in a short run: events of many emails take longer on a busy machine."""


def main(arguments: list[str] | None = None) -> int:
    """Run once in a local AWS of its own; return 0 only when nothing was lost or doubled."""
    options = _parser().parse_args(arguments)
    STATE_DIR.mkdir(exist_ok=True)
    run_dir = Path(tempfile.mkdtemp(prefix="chaos-", dir=STATE_DIR))
    try:
        with signals.raised(), LocalAws(run_dir, context={**CONTEXT, **PATIENT}) as aws:
            verdict = run(aws, options.emails, seed=options.seed, to=say)
    except ProcessError as error:
        print(f"\n{error}\nLogs: {run_dir}", file=sys.stderr)
        return 1
    say(f"\n{table(('chaos', 'count'), verdict.rows())}\n")
    if not verdict.is_good:
        print(f"NOT good. Logs: {run_dir}", file=sys.stderr)
        return 1
    shutil.rmtree(run_dir)
    say("Nothing lost, nothing sent twice.")
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"must be a number from 1, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.chaos", description=__doc__)
    parser.add_argument("--emails", type=_count, default=10_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of what goes wrong (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
