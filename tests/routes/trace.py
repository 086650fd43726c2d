"""Counts of the calls of named functions in the files of one folder."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import CO_GENERATOR
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["Route", "traced"]


@dataclass
class Route:
    """The calls of one run, in order, with the files that they enter."""

    folder: Path
    calls: int = 0
    returns: int = 0
    """Calls that enter a file again after another file was entered."""
    files: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    """Each file in the order of the route, as often as it is entered."""
    _generators: set[FrameType] = field(default_factory=set)

    def record(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Count one event of the interpreter, when it is a call into the folder."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(f"{self.folder}/"):
            return
        if code.co_name.startswith("<"):  # a lambda, a generator expression
            return
        if code.co_flags & CO_GENERATOR:
            if frame in self._generators:  # it goes on, it is not called again
                return
            self._generators.add(frame)
        self.calls += 1
        file = str(Path(code.co_filename).relative_to(self.folder))
        if self.steps[-1:] == [file]:
            return
        self.steps.append(file)
        if file in self.files:
            self.returns += 1
        else:
            self.files.append(file)


def traced(folder: Path, run: Callable[[], None]) -> Route:
    """Run, and return the route through the folder, threads included."""
    route = Route(folder)
    threading.setprofile(route.record)
    sys.setprofile(route.record)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return route
