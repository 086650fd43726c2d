"""Byte code for the Python version of the functions, which may differ from the running Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["compile_folder", "find_python"]

VERSION = "import sys; print(sys.implementation.name, *sys.version_info[:2])"


def find_python(version: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return an interpreter of CPython `version`, such as 3.13, or None.

    It may be the running interpreter, one on PATH, or one that pyenv installed. All patch releases
    of a version have the same byte code, on all machines.
    """
    candidates = _candidates(version, environment)
    return next((python for python in candidates if _is_version(python, version)), None)


def _candidates(version: str, environment: Mapping[str, str]) -> Iterator[Path]:
    yield Path(sys.executable)
    for folder in environment.get("PATH", "").split(os.pathsep):
        if path := shutil.which(f"python{version}", path=folder):
            yield Path(path)
    pyenv = Path(environment.get("PYENV_ROOT") or Path(environment.get("HOME", "/"), ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def _is_version(python: Path, version: str) -> bool:
    # pyenv puts a script on PATH that fails when the version is not selected.
    try:
        command = [str(python), "-I", "-S", "-c", VERSION]
        process = subprocess.run(command, capture_output=True, text=True, timeout=30)  # noqa: S603  # found by name
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.stdout.split() == ["cpython", *version.split(".")]


def compile_folder(python: Path, folder: Path, *, root: Path) -> None:
    """Compile a folder of the asset whose root is `root`.

    Python uses the byte code without a look at the source: the asset's files have no times to
    compare. Tracebacks show the paths on Lambda.
    """
    command = [str(python), "-I", "-S", "-m", "compileall", "-q", "-q"]
    command += ["-s", str(root), "-p", "/var/task", "--invalidation-mode", "unchecked-hash"]
    command.append(str(folder))
    # A dependency may have files for other versions of Python only: they fail to compile.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603  # every part is ours
