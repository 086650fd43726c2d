"""Rows of the bench's table: what was measured, what it should be, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row", "at_least", "at_most", "note", "table"]

MARKS = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Row:
    what: str
    figure: str
    target: str = ""
    is_met: bool | None = None
    """None where there is no target."""


def at_least(what: str, ratio: float, target: float, of_what: str, detail: str) -> Row:
    return Row(what, f"{ratio:.2f} x {of_what} ({detail})", f">= {target} x", ratio >= target)


def at_most(what: str, ratio: float, target: float, of_what: str, detail: str) -> Row:
    return Row(what, f"{ratio:.2f} x {of_what} ({detail})", f"<= {target} x", ratio <= target)


def note(what: str, figure: str) -> Row:
    return Row(what, figure)


def table(rows: list[Row]) -> str:
    cells = [("what", "measured", "target", "")]
    cells += [(row.what, row.figure, row.target, MARKS[row.is_met]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
    return "\n".join(lines)
