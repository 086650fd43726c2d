"""The program `amsdal-mail`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["main", "run"]

PROGRAM = "amsdal-mail"
EXTRA = frozenset({"boto3", "botocore", "dns", "jinja2", "rich", "starlette", "typer", "uvicorn"})
"""What the extra `cli` installs, by the names of the modules."""
MISSING = (
    "amsdal-mail needs packages that are not installed:"
    ' pip install "amsdal_mail[cli] @ file:///path/to/the/repository"'
)
"""The address is needed: the package of this name at PyPI is another one."""


def main() -> None:
    """Run the command line of this process, and exit with its code."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    sys.exit(code)


def run(arguments: Sequence[str], invocation: Invocation | None = None) -> int:
    """Run a command; return the exit code. Expected errors are printed, not raised."""
    try:
        from amsdal_mail.cli.app import build_command
        from amsdal_mail.cli.guard import exit_code_of
        from amsdal_mail.cli.invocation import Invocation

        invocation = invocation or Invocation()
        return exit_code_of(build_command(), PROGRAM, arguments, invocation)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        sys.stderr.write(f"{MISSING}\n")
        return 2
    except BrokenPipeError:
        _drop_output()
        return 0


def _drop_output() -> None:
    """Let nobody see the rest: the reader of a pipe has closed it, as `| head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
