"""Paths in this repository that the local AWS uses."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CDK", "EMAILS", "EVENTS", "MINISTACK_PYTHON", "ROOT", "STATE_DIR"]

ROOT = Path(__file__).resolve().parent.parent
STATE_DIR = ROOT / ".local"
"""The logs of each run. Git ignores this folder."""
EVENTS = ROOT / "events"
EMAILS = ROOT / "emails"
"""The templates, which `make local` pushes."""
CDK = ROOT / "node_modules" / ".bin" / "cdk"
MINISTACK_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
