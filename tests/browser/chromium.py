"""Finds Chromium for the browser tests, or installs the package of Debian.

`python tests/browser/chromium.py` is `make browser-setup`. It prints each command that changes the
system, and needs only Python's standard library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

__all__ = ["find", "set_up", "skip_reason"]

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
HOW = (
    "The browser tests need Chromium, and it is not installed. Install it (Debian and Ubuntu: "
    "sudo apt-get install chromium), or name a browser: CHROMIUM=/path/to/chrome make test"
)
INSTALL = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
)
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Chromium does not call home with these."""


def find(environment: Mapping[str, str] = os.environ, places: Sequence[str] = PLACES) -> str | None:
    """Return the path of Chromium: CHROMIUM of the environment, a usual name, a usual place."""
    if named := environment.get("CHROMIUM"):
        return shutil.which(named)
    paths = (shutil.which(name, path=environment.get("PATH")) for name in (*NAMES, *places))
    return next((path for path in paths if path), None)


def skip_reason(
    environment: Mapping[str, str] = os.environ, places: Sequence[str] = PLACES
) -> str | None:
    """Return why the browser tests are skipped, None when they run.

    They also run, and fail, without Chromium: under CI=true, or when CHROMIUM names a program
    that does not exist.
    """
    if find(environment, places) or is_required(environment):
        return None
    return HOW


def is_required(environment: Mapping[str, str]) -> bool:
    """Return whether the browser tests fail without Chromium instead of being skipped."""
    return environment.get("CI") == "true" or bool(environment.get("CHROMIUM"))


def flags() -> list[str]:
    """Return the command line flags. Root (a container) cannot start the sandbox."""
    return [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def install() -> None:
    """Install the package of Debian, and print each command first."""
    for command in INSTALL:
        print(f"== Installing Chromium on this system: {' '.join(command)}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The output of apt would hide everything else.
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return


def set_up(
    environment: Mapping[str, str],
    installer: Callable[[], None] | None,
    places: Sequence[str] = PLACES,
) -> int:
    """Find Chromium, or install it where `installer` is given. Return the exit status."""
    path = find(environment, places)
    if path is None and installer and not environment.get("CHROMIUM"):
        installer()
        path = find(environment, places)
    if path:
        print(f"== Chromium: {path}")
        return 0
    if is_required(environment):
        named = environment.get("CHROMIUM")
        print(f"CHROMIUM: {named} is not a program." if named else HOW, file=sys.stderr)
        return 1
    print(f"== The browser tests will be skipped. {HOW}")
    return 0


def main() -> int:
    """Set up Chromium. It is installed only by root, and only where apt-get exists."""
    can_install = os.geteuid() == 0 and shutil.which("apt-get")
    return set_up(os.environ, install if can_install else None)


if __name__ == "__main__":
    sys.exit(main())
