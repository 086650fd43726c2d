"""Times of competitors, taken in turns so that a busy machine is busy for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

__all__ = ["Sample", "in_turns", "sample"]


@dataclass(frozen=True)
class Sample:
    """One run: seconds on the wall and seconds of this process's CPU, for each unit of work."""

    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return 1 / self.wall


def sample(work: Callable[[], object], units: int) -> Sample:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Sample((time.perf_counter() - wall) / units, (time.process_time() - cpu) / units)


def in_turns(
    works: Mapping[str, tuple[Callable[[], object], int]], rounds: int
) -> dict[str, Sample]:
    """Run each (work, units) once a round and return the medians, after a round that is dropped."""
    runs: dict[str, list[Sample]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, (work, units) in works.items():
            taken = sample(work, units)
            if number:
                runs[name].append(taken)
    return {
        name: Sample(median(run.wall for run in taken), median(run.cpu for run in taken))
        for name, taken in runs.items()
    }
