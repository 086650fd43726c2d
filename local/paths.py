"""Where the parts of the checkout lie that the local AWS uses."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE_DIR = ROOT / ".local"  # logs of the runs; git ignores it
EVENTS = ROOT / "events"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
MINISTACK = ROOT / ".venv-ministack" / "bin" / "ministack"


def in_home(variable: str, default: str) -> str:
    """Return an environment variable that every child needs, such as HOME or PATH."""
    return os.environ.get(variable, default)
