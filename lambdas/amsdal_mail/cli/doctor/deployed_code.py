"""Compares the code that a function has with the code of a checkout, file by file.

Lambda's CodeSha256 is the hash of an archive, which holds byte code and libraries for another
machine: nobody can build the same from a checkout without the CDK. The archive itself lists each
file with its checksum, at its end, so the end is read first.
https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

import io
import re
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Entries", "compare", "fetch_entries", "find_checkout"]

TAIL_BYTES = 1024 * 1024
"""The list of 5,000 files has half of it."""
SECONDS = 10.0
CHECKOUT_FILES = ("cdk.json", "infra/app.py", "lambdas/send_email/function.py")
"""Files by which a folder is known as a checkout of this project."""
NOT_DEPLOYED = ("amsdal_mail/cli/", "amsdal_mail/console/", "amsdal_mail/django/")
"""Packages for other machines, which the functions do not have."""
DIST_INFO = re.compile(r"([^/]+?)-([^/-]+)\.dist-info/METADATA")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Entries:
    """What an archive has: the CRC-32 of each file, and the versions of its libraries."""

    checksums: Mapping[str, int]
    versions: Mapping[str, str] = field(default_factory=dict)


def find_checkout(start: Path) -> Path | None:
    """Return the checkout that the folder lies in, None if it lies in none."""
    for folder in (start, *start.parents):
        if all((folder / name).is_file() for name in CHECKOUT_FILES):
            return folder
    return None


def fetch_entries(location: str) -> Entries:
    """Return the entries of the archive at a presigned URL.

    Raises:
        OSError: the archive cannot be read.
        ValueError: it is no archive.
    """
    archive = _read(location, f"bytes=-{TAIL_BYTES}")
    try:
        return _entries(archive)
    except (zipfile.BadZipFile, ValueError):
        pass  # its list of files is longer
    try:
        return _entries(_read(location))
    except (zipfile.BadZipFile, ValueError) as error:
        raise ValueError(f"the code of the function is no archive: {error}") from error


def compare(checkout: Path, entries: Entries) -> list[str]:
    """Return the files and libraries that are not the same, in the order of their names."""
    source = checkout / "lambdas"
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    deployed = {
        name: checksum
        for name, checksum in entries.checksums.items()
        if name.partition("/")[0] in packages and name.endswith(".py")
    }
    here = {
        str(path.relative_to(source).as_posix()): path
        for package in packages
        for path in (source / package).rglob("*.py")
    }
    files = [name for name in here if not name.startswith(NOT_DEPLOYED)]
    drift = [
        f"{name} ({'differs' if name in deployed else 'is not deployed'})"
        for name in files
        if deployed.get(name) != zlib.crc32(here[name].read_bytes())
    ]
    drift += [f"{name} (is only deployed)" for name in deployed if name not in here]
    return [*sorted(drift), *_other_versions(source / "requirements.txt", entries.versions)]


def _other_versions(lock: Path, deployed: Mapping[str, str]) -> Iterator[str]:
    pinned: dict[str, set[str]] = {}
    for name, version in PINNED.findall(lock.read_text()):
        pinned.setdefault(_normal(name), set()).add(version)
    for name, version in sorted(deployed.items()):
        if name in pinned and version not in pinned[name]:
            yield f"{name} {version} (here {' or '.join(sorted(pinned[name]))})"


def _entries(archive: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        rows = [row for row in opened.infolist() if not row.is_dir()]
    versions = {
        _normal(match[1]): match[2] for row in rows if (match := DIST_INFO.fullmatch(row.filename))
    }
    return Entries({row.filename: row.CRC for row in rows}, versions)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _read(location: str, wanted: str = "") -> bytes:
    url = urlsplit(location)
    if url.scheme not in {"https", "http"}:
        raise ValueError(f"the code of the function is at no web address: {url.scheme}")
    request = urllib.request.Request(location, headers={"Range": wanted} if wanted else {})  # noqa: S310
    handlers = [urllib.request.ProxyHandler({})] if url.hostname in LOOPBACK else []
    with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as response:
        content: bytes = response.read()
    return content
