"""A script that runs a command which Linux ends when the parent process dies.

    python exec_with_parent.py <pid of the parent> <program> <arguments...>

It sets PR_SET_PDEATHSIG and replaces itself by the command: the setting survives exec, and the
signal comes when the thread of the parent that started the script ends
(https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html). On other systems it just
runs the command. The preexec_fn of subprocess is not safe in a process with threads
(https://docs.python.org/3/library/subprocess.html#subprocess.Popen).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Replace this process by `command`, unless the parent has already ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the parent process has ended")
    os.execvp(command[0], command)  # noqa: S606 - the command comes from this project


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
