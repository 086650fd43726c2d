"""Numbers as small bars in a terminal."""

from __future__ import annotations

__all__ = ["bar", "percent"]

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: int, highest: int, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar whose length shows the share of the highest value. A value of 0 has none."""
    if value <= 0 or highest <= 0:
        return ""
    eighths = max(1, round(min(value / highest, 1) * width * 8))
    if ascii_only:
        return "#" * max(1, round(eighths / 8))
    full, rest = divmod(eighths, 8)
    return EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")


def percent(part: int, whole: int) -> str:
    """Return a share in percent; "" where there is nothing to share."""
    if whole <= 0:
        return ""
    share = 100 * part / whole
    return f"{share:.2f} %" if 0 < share < 1 else f"{share:.1f} %"
