"""The parts of an exception that a log may hold: classes and lines. Texts may quote an email."""

from __future__ import annotations

import traceback

from botocore.exceptions import ClientError

__all__ = ["exception_chain", "traceback_lines"]

FRAMES = 5


def exception_chain(error: BaseException | None) -> list[str]:
    """Return the names of the exception and its causes; for an AWS error, operation and code."""
    chain = []
    while error is not None:
        chain.append(_name(error))
        error = error.__cause__
    return chain


def traceback_lines(error: BaseException | None) -> list[str]:
    """Return the last frames of the traceback."""
    return traceback.format_tb(getattr(error, "__traceback__", None))[-FRAMES:]


def _name(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error'].get('Code')}"
    return type(error).__name__
