"""Where the parts of the checkout lie that the local AWS uses."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE_DIR = ROOT / ".local"  # logs of the runs; git ignores it
EVENTS = ROOT / "events"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
MINISTACK_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
