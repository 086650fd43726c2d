"""What a log may hold of an exception: its names and its place, for its text may quote an email."""

from __future__ import annotations

import traceback

from botocore.exceptions import ClientError

__all__ = ["exception_chain", "traceback_lines"]

FRAMES = 5


def exception_chain(error: BaseException | None) -> list[str]:
    """Name the exception and its causes; of AWS's errors the operation and the code."""
    found = []
    while error is not None:
        found.append(_name(error))
        error = error.__cause__
    return found


def traceback_lines(error: BaseException | None) -> list[str]:
    """Write the last frames of the exception's traceback."""
    return traceback.format_tb(getattr(error, "__traceback__", None))[-FRAMES:]


def _name(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error'].get('Code')}"
    return type(error).__name__
