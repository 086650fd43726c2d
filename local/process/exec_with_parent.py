"""Becomes another program that the kernel ends with its parent; run as a script.

    python tied.py <parent's pid> <program> <arguments...>

prctl(2): the signal survives exec, and comes when the parent's thread that started us ends. Only
Linux has it; elsewhere the program is just run. (subprocess's preexec_fn could do the same, but
is unsafe, and from Python 3.12 on a warning, in a process with threads.)
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Replace this process by `command`, unless the parent has died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the parent process has ended")
    os.execvp(command[0], command)  # noqa: S606 - the command is our own caller's


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
