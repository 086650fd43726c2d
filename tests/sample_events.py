"""The only loader of the sample payloads under `events/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["load", "names"]

EVENTS = Path(__file__).parents[1] / "events"


def names(folder: str) -> list[str]:
    """Every sample of a folder: `ses/bounce_permanent`."""
    samples = sorted(f"{folder}/{path.stem}" for path in (EVENTS / folder).glob("*.json"))
    assert samples, f"no samples in events/{folder}"
    return samples


def load(name: str) -> Any:
    """The payload of `events/<name>.json`, fresh each time."""
    return json.loads((EVENTS / f"{name}.json").read_text())
