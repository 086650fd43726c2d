from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from local.stack.shared_code import SharedZipFile, zipfile_module


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def zip_file(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("package/module.py", text)
    return path


def unpack(path: Path, target: Path) -> Path:
    target.mkdir()
    with SharedZipFile(path) as file:
        file.extractall(str(target))
    return target


def test_two_workers_share_one_copy(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "code.zip", "A = 1\n")

    first, second = unpack(path, tmp_path / "first"), unpack(path, tmp_path / "second")

    assert first.resolve() == second.resolve()
    assert (second / "package" / "module.py").read_text() == "A = 1\n"


def test_other_code_gets_a_copy_of_its_own(tmp_path: Path) -> None:
    unpack(zip_file(tmp_path / "old.zip", "A = 1\n"), tmp_path / "first")

    target = unpack(zip_file(tmp_path / "new.zip", "A = 2\n"), tmp_path / "second")

    assert (target / "package" / "module.py").read_text() == "A = 2\n"


def test_ministack_gets_the_other_names_unchanged() -> None:
    module = zipfile_module()

    assert module.ZipFile is SharedZipFile
    assert module.BadZipFile is zipfile.BadZipFile
