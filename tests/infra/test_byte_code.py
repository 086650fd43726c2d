"""The interpreter that compiles the asset, and the byte code that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra.byte_code import compile_folder, find_python

RUNNING = "{}.{}".format(*sys.version_info)


def _interpreter(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_running_interpreter_is_found_first(tmp_path: Path) -> None:
    _interpreter(tmp_path / f"python{RUNNING}", f"echo cpython {RUNNING.replace('.', ' ')}")

    assert find_python(RUNNING, {"PATH": str(tmp_path)}) == Path(sys.executable)


def test_interpreter_on_path_is_found(tmp_path: Path) -> None:
    python = _interpreter(tmp_path / "python3.99", "echo cpython 3 99")

    assert find_python("3.99", {"PATH": f"/nowhere:{tmp_path}"}) == python


@pytest.mark.parametrize(
    "script", ["echo not selected >&2; exit 127", "echo pypy 3 99", "echo cpython 3 98"]
)
def test_interpreter_of_pyenv_is_found_behind_its_script(tmp_path: Path, script: str) -> None:
    _interpreter(tmp_path / "shims" / "python3.99", script)
    python = _interpreter(tmp_path / "versions" / "3.99.1" / "bin" / "python", "echo cpython 3 99")
    environment = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path)}

    assert find_python("3.99", environment) == python


def test_pyenv_is_found_in_the_home_folder(tmp_path: Path) -> None:
    name = Path(".pyenv", "versions", "3.99.0", "bin", "python")
    python = _interpreter(tmp_path / name, "echo cpython 3 99")

    assert find_python("3.99", {"HOME": str(tmp_path)}) == python


def test_missing_interpreter_is_none(tmp_path: Path) -> None:
    _interpreter(tmp_path / "python3.99", "exit 127")

    assert find_python("3.99", {"PATH": str(tmp_path), "HOME": str(tmp_path)}) is None


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_byte_code_is_of_the_version_and_unchecked(tmp_path: Path, version: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    (tmp_path / "module.py").write_text("ANSWER = 42")
    (tmp_path / "broken.py").write_text("for other versions of Python")

    compile_folder(python, tmp_path, root=tmp_path)

    (compiled,) = (tmp_path / "__pycache__").iterdir()
    assert compiled.name == f"module.cpython-{version.replace('.', '')}.pyc"
    # Bit 0: hash-based. Bit 1, not set: the source is not checked. PEP 552.
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01
    assert b"/var/task/module.py" in compiled.read_bytes()
