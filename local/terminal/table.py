"""Text columns for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["table"]

GAP = "  "


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows below their titles, each column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (titles, rule, *rows)
    )
