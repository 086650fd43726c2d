"""The asset: what goes in, for which target, and that dependencies are installed once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bundling import LAMBDAS, AssetBundling, Target, installed_dependencies
from infra.settings import Settings

ANOTHER_PYTHON = "3.14" if sys.version_info[:2] == (3, 13) else "3.13"
ARM = Target(ANOTHER_PYTHON, "aarch64")
HERE = Target.of(Settings(local=True))


def _source(folder: Path) -> Path:
    for name, content in {
        "requirements.txt": "library==1.0",
        "send_email/handler.py": "ANSWER = 42",
        "send_email/__pycache__/handler.cpython-399.pyc": "",
        "send_email/tests/test_handler.py": "",
        "unknown/code.py": "",
    }.items():
        path = folder / "lambdas" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "lambdas"


def _library(_lock: Path, _target: Target, folder: Path) -> None:
    for name in (
        "library/core.py", "library/core.pyi", "library/tests/test_core.py", "bin/library",
        "library-1.0.dist-info/METADATA", "library-1.0.dist-info/RECORD",
    ):  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _bundle(tmp_path: Path, target: Target) -> Path:
    output = tmp_path / "output"
    output.mkdir()
    bundling = AssetBundling(target, _source(tmp_path), tmp_path / "cache", _library)
    assert bundling.try_bundle(str(output), None)
    return output


def test_the_asset_holds_packages_and_dependencies_without_tests_and_caches(
    tmp_path: Path,
) -> None:
    output = _bundle(tmp_path, ARM)

    assert _files(output) == {
        "send_email/handler.py",
        "library/core.py",
        "library-1.0.dist-info/METADATA",
    }


def test_its_size_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bundle(tmp_path, ARM)

    assert capsys.readouterr().err == (
        f"Lambda asset for Python {ANOTHER_PYTHON} on aarch64: 0.0 MB unpacked (Lambda allows 250);"
        f" no byte code: for faster cold starts run the CDK with Python {ANOTHER_PYTHON}\n"
    )


def test_byte_code_goes_in_where_the_same_python_runs(tmp_path: Path) -> None:
    output = _bundle(tmp_path, Target("{}.{}".format(*sys.version_info), "aarch64"))

    compiled = {Path(name).name.split(".")[0] for name in _files(output) if name.endswith(".pyc")}
    assert compiled == {"handler", "core"}


def test_for_the_local_aws_byte_code_is_used_without_a_look_at_the_source(tmp_path: Path) -> None:
    output = _bundle(tmp_path, HERE).rename(tmp_path / "elsewhere")
    (output / "send_email" / "handler.py").write_text("ANSWER = 'compiled anew'")
    os.utime(output / "send_email" / "handler.py", (0, 0))

    code = "import send_email.handler as h; print(h.ANSWER, h.__file__)"
    command = [sys.executable, "-S", "-c", code]  # -S: the checkout itself is on the path otherwise
    done = subprocess.run(command, cwd=output, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["42", str(output / "send_email" / "handler.py")]


def test_dependencies_are_installed_once_for_a_lock_and_a_target(tmp_path: Path) -> None:
    lock = _source(tmp_path) / "requirements.txt"
    installed: list[Target] = []

    def install(lock: Path, target: Target, folder: Path) -> None:
        installed.append(target)
        _library(lock, target, folder)

    folders = [
        installed_dependencies(lock, target, tmp_path / "cache", install)
        for target in (ARM, ARM, HERE, Target("3.12", "aarch64"))
    ]
    lock.write_text("library==1.1")
    folders.append(installed_dependencies(lock, ARM, tmp_path / "cache", install))

    assert installed == [ARM, HERE, Target("3.12", "aarch64"), ARM]
    assert len(set(folders)) == 4


def test_a_failed_installation_leaves_nothing_to_be_taken_for_a_whole_one(tmp_path: Path) -> None:
    lock = _source(tmp_path) / "requirements.txt"

    def fail(_lock: Path, _target: Target, folder: Path) -> None:
        folder.mkdir()
        raise subprocess.CalledProcessError(1, "pip")

    with pytest.raises(subprocess.CalledProcessError):
        installed_dependencies(lock, ARM, tmp_path / "cache", fail)

    assert list((tmp_path / "cache").iterdir()) == []


def test_wheels_are_chosen_for_lambda_and_for_the_local_aws_by_the_running_python() -> None:
    options = Target.of(Settings(architecture="x86_64", python_version="3.12")).pip_options()

    assert {"--platform=manylinux2014_x86_64", "--python-version=3.12"} <= set(options)
    assert HERE.pip_options() == []


@pytest.mark.parametrize("package", ["boto3", "botocore", "s3transfer", "aioboto3"])
def test_the_lock_file_leaves_to_the_runtime_what_the_runtime_has(package: str) -> None:
    lines = (LAMBDAS / "requirements.txt").read_text().splitlines()
    locked = {line.split("==")[0] for line in lines}

    assert package not in locked
    assert "pydantic" in locked
