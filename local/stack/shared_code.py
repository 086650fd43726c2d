"""Lets the workers of a function share its unpacked code.

MiniStack unpacks the zip file of a function for each worker that it starts, and never removes the
folder of a worker that died. With the SDK in the zip file this takes seconds on a busy machine, and
a chaos run leaves several hundred thousand files. On AWS no worker changes the code either: it is
read-only (https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html).

This module runs in MiniStack's own environment.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

__all__ = ["SharedZipFile", "zipfile_module"]

UNPACKING = threading.Lock()


class SharedZipFile(zipfile.ZipFile):
    """A zip file that is unpacked once. Each target folder becomes a link to that copy."""

    def extractall(
        self,
        path: str | PathLike[str] | None = None,
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        """Unpack the file if it is new, and make `path` a link to its copy."""
        if path is None or members is not None or self.filename is None:
            super().extractall(path, members, pwd)
            return
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        copy = Path(tempfile.gettempdir()) / f"code-{digest[:16]}"
        with UNPACKING:
            if not copy.exists():
                unfinished = copy.with_suffix(".unfinished")
                super().extractall(unfinished, pwd=pwd)
                unfinished.rename(copy)
        Path(path).rmdir()
        Path(path).symlink_to(copy, target_is_directory=True)


def zipfile_module() -> SimpleNamespace:
    """Return the names of the module `zipfile`, with SharedZipFile as its ZipFile."""
    return SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})
