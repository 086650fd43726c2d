"""The asset: its files, its target, its dependencies and the models of the AWS services."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from amsdal_mail.cli.doctor.deployed_code import NOT_DEPLOYED
from infra.bundling import (
    LAMBDAS,
    NOT_IN_FUNCTIONS,
    PACKAGES,
    SERVICES,
    AssetBundling,
    Target,
    install_dependencies,
    unused_models,
)
from infra.settings import Settings
from tests.infra.synthesis import SynthesisedStack, text

ARM = Target("3.13", "aarch64")
HERE = Target.from_settings(Settings(local=True))
PYTHON = Path(sys.executable)


def _create(folder: Path, *names: str, content: str = "") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def _source(folder: Path) -> Path:
    lambdas = folder / "lambdas"
    _create(lambdas, *(f"{package}/__init__.py" for package in PACKAGES))
    _create(lambdas, "requirements.txt", content="library==1.0")
    _create(lambdas, "send_email/handler.py", content="ANSWER = 42")
    _create(
        lambdas,
        "send_email/__pycache__/handler.cpython-399.pyc",
        "send_email/tests/test_handler.py",
        "unknown/code.py",
        *(f"{package}/__init__.py" for package in NOT_IN_FUNCTIONS),
        "amsdal_mail/backends/console.py",
    )
    return lambdas


def _install_library(_lock: Path, _target: Target, folder: Path) -> None:
    _create(
        folder,
        "library/core.py", "library/core.pyi", "library/tests/test_core.py", "bin/library",
        "library-1.0.dist-info/METADATA", "library-1.0.dist-info/RECORD",
        "botocore/data/endpoints.json", "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "botocore/data/sqs/2012-11-05/examples-1.json",
        "botocore/data/ec2/2016-11-15/service-2.json",
        "boto3/data/ec2/2016-11-15/resources-1.json",
    )  # fmt: skip


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _bundle(tmp_path: Path, target: Target, python: Path | None) -> Path:
    output = tmp_path / "output"
    output.mkdir()
    cache = tmp_path / "cache"
    source = _source(tmp_path)
    bundling = AssetBundling(target, source, cache, python=python, install=_install_library)
    assert bundling.try_bundle(str(output), None)
    return output


def test_asset_has_only_the_files_that_functions_need(tmp_path: Path) -> None:
    output = _bundle(tmp_path, ARM, None)

    assert _files(output) == {
        *(f"{package}/__init__.py" for package in PACKAGES),
        "amsdal_mail/backends/console.py",
        "send_email/handler.py",
        "library/core.py",
        "library-1.0.dist-info/METADATA",
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
    }


def test_missing_byte_code_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bundle(tmp_path, ARM, None)

    assert capsys.readouterr().err == (
        "Lambda asset for Python 3.13 on aarch64: 0.0 MB unpacked (Lambda allows 250); "
        "NO byte code, cold starts are slower: install Python 3.13 too\n"
    )


def test_asset_has_byte_code_of_all_modules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = _bundle(tmp_path, ARM, PYTHON)

    names = [Path(name).name.split(".") for name in _files(output) if name.endswith(".pyc")]
    assert sorted(name[0] for name in names) == sorted(
        [*["__init__"] * 5, "console", "core", "handler"]
    )
    assert {name[1] for name in names} == {sys.implementation.cache_tag}
    assert capsys.readouterr().err.endswith(f"; byte code of 8 modules by {PYTHON}\n")


def test_byte_code_is_used_without_a_look_at_the_source(tmp_path: Path) -> None:
    output = _bundle(tmp_path, HERE, HERE.find_python()).rename(tmp_path / "elsewhere")
    (output / "send_email" / "handler.py").write_text("ANSWER = 'compiled again'")
    os.utime(output / "send_email" / "handler.py", (0, 0))

    code = "import send_email.handler as h; print(h.ANSWER, h.__file__)"
    command = [sys.executable, "-S", "-c", code]  # without -S, the checkout is on the path
    done = subprocess.run(command, cwd=output, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["42", str(output / "send_email" / "handler.py")]


def test_dependencies_are_installed_once_for_a_lock_and_a_target(tmp_path: Path) -> None:
    lock = _source(tmp_path) / "requirements.txt"
    installed: list[Target] = []

    def install(lock: Path, target: Target, folder: Path) -> None:
        installed.append(target)
        _install_library(lock, target, folder)

    def folder_for(target: Target, python: Path | None = None) -> Path:
        return install_dependencies(
            lock, target, tmp_path / "cache", python=python, install=install
        )

    other = Target("3.12", "aarch64")
    folders = [folder_for(target) for target in (ARM, ARM, HERE, other)]
    folders.append(folder_for(ARM, PYTHON))
    lock.write_text("library==1.1")
    folders.append(folder_for(ARM))

    assert installed == [ARM, HERE, other, ARM, ARM]
    assert len(set(folders)) == 5


def test_two_first_runs_at_once_share_the_dependencies(tmp_path: Path) -> None:
    lock, cache = tmp_path / "requirements.txt", tmp_path / "cache"
    lock.write_text("library==1.0\n")
    folders: list[Path] = []

    def install_beside(lock: Path, target: Target, folder: Path) -> None:
        _install_library(lock, target, folder)
        other = install_dependencies(lock, target, cache, python=None, install=_install_library)
        folders.append(other)

    folder = install_dependencies(lock, ARM, cache, python=None, install=install_beside)

    assert folders == [folder]
    assert list(cache.iterdir()) == [folder]


def test_failed_installation_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    lock = _source(tmp_path) / "requirements.txt"

    def fail(_lock: Path, _target: Target, folder: Path) -> None:
        folder.mkdir()
        raise subprocess.CalledProcessError(1, "pip")

    with pytest.raises(subprocess.CalledProcessError):
        install_dependencies(lock, ARM, tmp_path / "cache", python=None, install=fail)

    assert list((tmp_path / "cache").iterdir()) == []


def test_wheels_are_for_lambda_or_for_the_running_python() -> None:
    target = Target.from_settings(Settings(architecture="x86_64", python_version="3.12"))

    assert {"--platform=manylinux2014_x86_64", "--python-version=3.12"} <= set(target.pip_options())
    assert HERE.pip_options() == []
    assert HERE.find_python() == PYTHON


@pytest.mark.parametrize("package", ["pydantic", "boto3", "botocore"])
def test_lock_file_pins_what_the_functions_import(package: str) -> None:
    assert package in _locked()


def test_lock_file_has_no_asynchronous_sdk() -> None:
    assert not _locked() & {"aioboto3", "aiobotocore", "aiohttp"}


def _locked() -> set[str]:
    lines = (LAMBDAS / "requirements.txt").read_text().splitlines()
    return {line.split("==")[0] for line in lines}


def test_models_of_other_services_are_unused(tmp_path: Path) -> None:
    _create(tmp_path, "sqs/1/service-2.json", "s3/1/service-2.json", "sts/1/service-2.json")
    _create(tmp_path, "endpoints.json")

    assert unused_models(tmp_path, {"sqs"}) == [tmp_path / "s3", tmp_path / "sts"]
    assert unused_models(tmp_path / "missing") == []


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3 and botocore as the asset has them."""
    folder = tmp_path_factory.mktemp("sdk")
    for package in ("boto3", "botocore"):
        (original,) = find_spec(package).submodule_search_locations  # type: ignore[union-attr,misc]
        shutil.copytree(original, folder / package, copy_function=os.symlink)
        for model in unused_models(folder / package / "data"):
            shutil.rmtree(model)
    return folder


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (
            "SendEmailFunction",
            "from send_email.bootstrap import *; build_api_service(); build_suppressions()",
        ),
        ("TrackEventsFunction", "from track_events.bootstrap import *; build_tracker()"),
    ],
    ids=["send_email", "track_events"],
)
def test_functions_create_their_clients_with_the_models_left(
    sdk: Path, stack: SynthesisedStack, function: str, code: str
) -> None:
    environment = _environment(stack, function) | {"PYTHONPATH": f"{sdk}:{LAMBDAS}"}
    command = [sys.executable, "-c", f"{code}; import botocore; print(botocore.__file__)"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (done.stderr, done.stdout.strip()) == ("", str(sdk / "botocore" / "__init__.py"))
    assert {path.name for path in (sdk / "botocore" / "data").glob("*/")} == set(SERVICES)


def _environment(stack: SynthesisedStack, function: str) -> dict[str, str]:
    _, properties = stack.find("AWS::Lambda::Function", function)
    variables = {key: text(value) for key, value in properties["Environment"]["Variables"].items()}
    credentials = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}
    return {
        **variables,
        **credentials,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def test_doctor_misses_no_package_that_is_not_deployed() -> None:
    assert {f"{package}/" for package in NOT_IN_FUNCTIONS} == set(NOT_DEPLOYED)
