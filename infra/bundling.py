"""The asset of both functions: lambdas/ with its locked dependencies, built without Docker."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra.byte_code import compile_folder, find_python
from infra.settings import Settings

__all__ = [
    "EXCLUDED",
    "LAMBDAS",
    "NOT_IN_FUNCTIONS",
    "PACKAGES",
    "SERVICES",
    "AssetBundling",
    "Target",
    "install_dependencies",
    "lambda_code",
    "unused_models",
]

REPOSITORY = Path(__file__).resolve().parent.parent
LAMBDAS = REPOSITORY / "lambdas"
PACKAGES = ("amsdal_mail", "email_store", "function_runtime", "send_email", "track_events")
CACHE = REPOSITORY / ".local" / "asset-cache"

SERVICES = ("dynamodb", "events", "s3", "scheduler", "sesv2", "sqs")
"""The AWS services that the functions call. The SDK's models of other services are left out.

The models of all services are 25 MB. A role's credentials come from the environment of the
function, without a call of STS.
"""

SIZE_LIMIT_MB = 250
"""Lambda's limit for the unpacked code.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

MANYLINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
"""Wheels that run on Amazon Linux 2023, which has glibc 2.34. pip needs each tag by name."""

NOT_IN_FUNCTIONS = ("amsdal_mail/cli", "amsdal_mail/console", "amsdal_mail/django")
"""Packages for other machines, which need packages that the asset does not have."""

EXCLUDED = ("__pycache__", "*.pyc", "*.pyi", "tests", "test", ".*_cache", "bin", "examples-1.json*")

SDK_MODELS = ("botocore/data", "boto3/data")


@dataclass(frozen=True)
class Target:
    """The Python and the machine that the dependencies are installed for."""

    python_version: str
    machine: str
    is_local: bool = False
    """True for the running interpreter: the local AWS runs the functions with it."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Target:
        """Return the Lambda runtime of the settings; for the local AWS, the running Python."""
        if settings.local:
            running = "{}.{}".format(*sys.version_info)
            return cls(running, platform.machine(), is_local=True)
        return cls(settings.python_version, MACHINES[settings.architecture])

    def find_python(self) -> Path | None:
        """Return an interpreter that writes byte code for the target, or None."""
        return Path(sys.executable) if self.is_local else find_python(self.python_version)

    def pip_options(self) -> list[str]:
        """Return the options that make pip choose wheels for the target."""
        if self.is_local:
            return []
        platforms = [f"--platform={tag}_{self.machine}" for tag in MANYLINUX]
        return [*platforms, "--implementation=cp", f"--python-version={self.python_version}"]


def lambda_code(settings: Settings) -> lambda_.Code:
    """Return the asset of both functions. The CDK builds it when it stages the asset."""
    target = Target.from_settings(settings)
    bundling = cdk.BundlingOptions(
        image=cdk.DockerImage.from_registry("unused"),  # the local bundling always succeeds
        local=AssetBundling(target, LAMBDAS, CACHE, python=target.find_python()),
    )
    # A hash of the source would be the same for all targets.
    return lambda_.Code.from_asset(
        str(LAMBDAS), bundling=bundling, asset_hash_type=cdk.AssetHashType.OUTPUT
    )


def pip_install(lock: Path, target: Target, folder: Path) -> None:
    """Install the versions of the lock file and check their hashes."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]
    command += ["--root-user-action=ignore", *target.pip_options()]
    command += [f"--target={folder}", f"--requirement={lock}"]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603  # every part is ours


Install = Callable[[Path, Target, Path], None]


@jsii.implements(cdk.ILocalBundling)
class AssetBundling:
    """Copies the packages and their dependencies to the output folder of the CDK.

    Args:
        source: the folder with the packages and requirements.txt.
        cache: the folder that keeps installed dependencies.
        python: the interpreter that compiles for the target. Without it, the asset has no byte
            code.
    """

    def __init__(
        self,
        target: Target,
        source: Path,
        cache: Path,
        *,
        python: Path | None,
        install: Install = pip_install,
    ) -> None:
        self._target, self._source, self._cache = target, source, cache
        self._python, self._install = python, install

    def try_bundle(self, output_dir: str, *_args: Any, **_options: Any) -> bool:
        """Build the asset. Return True, because there is no other way to build it."""
        output = Path(output_dir)
        dependencies = install_dependencies(
            self._source / "requirements.txt",
            self._target,
            self._cache,
            python=self._python,
            install=self._install,
        )
        shutil.copytree(dependencies, output, dirs_exist_ok=True)
        for package in PACKAGES:
            ignore = shutil.ignore_patterns(*EXCLUDED)
            shutil.copytree(self._source / package, output / package, ignore=ignore)
        for package in NOT_IN_FUNCTIONS:
            shutil.rmtree(output / package, ignore_errors=True)
        if self._python:
            for package in PACKAGES:
                compile_folder(self._python, output / package, root=output)
        sys.stderr.write(_summary(output, self._target, self._python) + "\n")
        return True


def install_dependencies(
    lock: Path, target: Target, cache: Path, *, python: Path | None, install: Install
) -> Path:
    """Return a folder with the dependencies. They are installed once for each lock and target."""
    key = [lock.read_text(), Path(__file__).read_text(), repr(target), str(python), sys.version]
    folder = cache / hashlib.sha256("\0".join(key).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        built = Path(unfinished) / "built"
        install(lock, target, built)
        for path in _unused_paths(built):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if python:
            compile_folder(python, built, root=built)
        try:
            built.rename(folder)
        except OSError:
            if not folder.is_dir():  # else, another run has installed the same meanwhile
                raise
    return folder


def unused_models(data: Path, services: Collection[str] = SERVICES) -> list[Path]:
    """Return the folders of the SDK's `data` that hold models of other services.

    The files beside the folders (endpoints, partitions, retries, defaults) serve all services.
    """
    return sorted(path for path in data.glob("*/") if path.name not in services)


def _unused_paths(folder: Path) -> list[Path]:
    paths = [path for pattern in EXCLUDED for path in folder.rglob(pattern)]
    # Vulnerability scanners read METADATA.
    paths += [path for path in folder.glob("*.dist-info/*") if path.name != "METADATA"]
    for data in SDK_MODELS:
        paths += unused_models(folder / data)
    return paths


def _summary(folder: Path, target: Target, python: Path | None) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    module_count = sum(1 for _ in folder.rglob("*.pyc"))
    version = target.python_version
    # Lambda cannot store byte code: without it, a cold start takes 1.7 x the CPU time.
    warning = f"NO byte code, cold starts are slower: install Python {version} too"
    return (
        f"Lambda asset for Python {version} on {target.machine}: {size:.1f} MB unpacked "
        f"(Lambda allows {SIZE_LIMIT_MB}); "
        + (f"byte code of {module_count} modules by {python}" if module_count else warning)
    )
