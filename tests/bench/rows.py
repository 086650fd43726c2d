"""Rows of the bench's table: a title, a figure, a target, and whether the figure meets it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row", "at_least", "at_most", "note", "table"]

MARKS = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Row:
    title: str
    figure: str
    target: str = ""
    is_met: bool | None = None
    """None where there is no target."""


def at_least(title: str, ratio: float, target: float, other: str, detail: str) -> Row:
    return Row(title, f"{ratio:.2f} x {other} ({detail})", f">= {target} x", ratio >= target)


def at_most(title: str, ratio: float, target: float, other: str, detail: str) -> Row:
    return Row(title, f"{ratio:.2f} x {other} ({detail})", f"<= {target} x", ratio <= target)


def note(title: str, figure: str) -> Row:
    return Row(title, figure)


def table(rows: list[Row]) -> str:
    cells = [("figure", "measured", "target", "")]
    cells += [(row.title, row.figure, row.target, MARKS[row.is_met]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
    return "\n".join(lines)
