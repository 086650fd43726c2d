"""The Chromium of the browser tests: the one that is here, or Debian's, installed now.

`python tests/browser/chromium.py` installs it where it is missing and says what it does; it needs
nothing but Python's standard library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
HOW = (
    "The browser tests need Chromium, and none is here. Install it (Debian and Ubuntu: sudo "
    "apt-get install chromium), or name one that is elsewhere: CHROMIUM=/path/to/chrome make test"
)
INSTALL = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
)
# Off with everything that calls home; root (a container) has no sandbox to start.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find(environment: Mapping[str, str] = os.environ, places: Sequence[str] = PLACES) -> str | None:
    """The path of a Chromium: CHROMIUM of the environment, a usual name, a usual place."""
    if named := environment.get("CHROMIUM"):
        return shutil.which(named)
    found = (shutil.which(name, path=environment.get("PATH")) for name in (*NAMES, *places))
    return next((path for path in found if path), None)


def flags() -> list[str]:
    """What every start gets on its command line."""
    return [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def main() -> int:
    """Print the path; install it first where that is possible; 1 with the way out where not."""
    path = find()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in INSTALL:
            print(f"== Chromium for the browser tests: {' '.join(command)}", flush=True)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            # apt's own lines would bury everything else.
            done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
            if done.returncode:
                break
        path = find()
    if path is None:
        print(HOW, file=sys.stderr)
        return 1
    print(f"== Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
