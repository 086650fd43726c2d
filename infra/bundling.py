"""The code that both functions run: lambdas/ with its locked dependencies, built without docker."""

import compileall
import hashlib
import platform
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra.settings import Settings

REPOSITORY = Path(__file__).resolve().parent.parent
LAMBDAS = REPOSITORY / "lambdas"
PACKAGES = ("amsdal_mail", "email_store", "function_runtime", "send_email", "track_events")
CACHE = REPOSITORY / ".local" / "asset-cache"
# Lambda's own limit for the unpacked code.
SIZE_LIMIT_MB = 250

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# pip takes a wheel whose tag is named, and Lambda's Amazon Linux 2023 has glibc 2.34.
_MANYLINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
_LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", "tests", "test", ".*_cache", "bin")


@dataclass(frozen=True)
class Target:
    """What the dependencies are installed for."""

    python_version: str
    machine: str
    running: bool = False  # this interpreter

    @classmethod
    def of(cls, settings: Settings) -> "Target":
        """Give the Lambda runtime of the settings, or for the local AWS the running interpreter."""
        if settings.local:
            return cls(sys.implementation.cache_tag or "", platform.machine(), running=True)
        return cls(settings.python_version, _MACHINES[settings.architecture])

    @property
    def takes_our_byte_code(self) -> bool:
        """Whether Python of this version runs there: byte code is alike on all machines."""
        return self.running or self.python_version == "{}.{}".format(*sys.version_info)

    def pip_options(self) -> list[str]:
        """Give the options by which pip chooses wheels for the target."""
        if self.running:
            return []
        platforms = [f"--platform={tag}_{self.machine}" for tag in _MANYLINUX]
        return [*platforms, "--implementation=cp", f"--python-version={self.python_version}"]


def lambda_code(settings: Settings) -> lambda_.Code:
    """Give the asset of both functions; it is built when the CDK stages it, not before."""
    bundling = cdk.BundlingOptions(
        image=cdk.DockerImage.from_registry("unused"),  # the local bundling never declines
        local=AssetBundling(Target.of(settings), LAMBDAS, CACHE),
    )
    # With the hash of the source, wheels for another target would keep the old asset's name.
    return lambda_.Code.from_asset(
        str(LAMBDAS), bundling=bundling, asset_hash_type=cdk.AssetHashType.OUTPUT
    )


def pip_install(lock: Path, target: Target, folder: Path) -> None:
    """Install exactly what the lock file says, by its hashes; pip's own errors come through."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]
    command += ["--root-user-action=ignore", *target.pip_options()]
    command += [f"--target={folder}", f"--requirement={lock}"]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603  # every part is ours


Install = Callable[[Path, Target, Path], None]


@jsii.implements(cdk.ILocalBundling)
class AssetBundling:
    """Puts the packages and their dependencies into the CDK's output folder."""

    def __init__(
        self, target: Target, source: Path, cache: Path, install: Install = pip_install
    ) -> None:
        self._target, self._source, self._cache, self._install = target, source, cache, install

    def try_bundle(self, output_dir: str, *_args: Any, **_options: Any) -> bool:
        """Build the asset; true, for there is no other way to build it."""
        output = Path(output_dir)
        lock = self._source / "requirements.txt"
        dependencies = installed_dependencies(lock, self._target, self._cache, self._install)
        shutil.copytree(dependencies, output, dirs_exist_ok=True)
        for package in (p for p in PACKAGES if (self._source / p).is_dir()):
            left_out = shutil.ignore_patterns(*_LEFT_OUT)
            shutil.copytree(self._source / package, output / package, ignore=left_out)
            if self._target.takes_our_byte_code:
                _compile(output / package, output)
        sys.stderr.write(size_line(output, self._target) + "\n")
        return True


def installed_dependencies(lock: Path, target: Target, cache: Path, install: Install) -> Path:
    """Give a folder with the locked dependencies, installed only for a new lock or target."""
    seen = [lock.read_text(), Path(__file__).read_text(), repr(target), sys.version]
    folder = cache / hashlib.sha256("\0".join(seen).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        built = Path(unfinished) / "built"
        install(lock, target, built)
        _prune(built)
        if target.takes_our_byte_code:
            _compile(built, built)
        built.rename(folder)
    return folder


def _prune(folder: Path) -> None:
    """Delete what no function reads; METADATA stays, vulnerability scanners look for it."""
    for pattern in _LEFT_OUT:
        for path in list(folder.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in list(folder.glob("*.dist-info/*")):
        if path.name != "METADATA":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compile(folder: Path, root: Path) -> None:
    """Write byte code that Python trusts without looking at the source's time."""
    compileall.compile_dir(
        folder,
        quiet=2,
        stripdir=str(root),
        prependdir="/var/task",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def size_line(folder: Path, target: Target) -> str:
    """Say how large the asset is, in one line."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    # Lambda cannot keep what it compiles: without byte code a cold start takes 1.7 x the CPU time.
    wish = f"; no byte code: for faster cold starts run the CDK with Python {target.python_version}"
    advice = "" if target.takes_our_byte_code else wish
    return (
        f"Lambda asset for Python {target.python_version} on {target.machine}: "
        f"{size:.1f} MB unpacked (Lambda allows {SIZE_LIMIT_MB}){advice}"
    )
