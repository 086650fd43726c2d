"""CommandError: why a command failed, and what helps."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

__all__ = ["CommandError", "ExitCode", "UsageError"]


class ExitCode(IntEnum):
    """What a script can tell a result by."""

    DONE = 0
    FAILED = 1
    """The operation failed, or a check found a fault."""
    USAGE = 2
    """Wrong usage, or a wrong input."""
    INTERRUPTED = 130
    """Ended by Ctrl-C, as shells say it: 128 and the number of SIGINT."""


class CommandError(Exception):
    """A command failed. `message` says why in one line, and `cure` what helps, if that is known."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def document(self) -> dict[str, Any]:
        """Return what `--json` writes to standard error."""
        return {"message": self.message, "cure": self.cure or None}


class UsageError(CommandError):
    """An option or an argument is wrong. The message names it, and the rule."""

    exit_code = ExitCode.USAGE
