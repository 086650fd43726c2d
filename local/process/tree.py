"""The process tree of this machine, read from /proc."""

from __future__ import annotations

from pathlib import Path

__all__ = ["descendants", "parents"]


def parents() -> dict[int, int]:
    """Return the parent of each running process. Zombies are left out."""
    result = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            result[int(stat.parent.name)] = int(parent)
    return result


def descendants(pid: int) -> set[int]:
    """Return the children of a process, their children and so on."""
    family, parent_of = {pid}, parents()
    while children := {child for child, parent in parent_of.items() if parent in family} - family:
        family |= children
    return family - {pid}
