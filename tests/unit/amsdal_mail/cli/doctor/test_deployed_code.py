"""The code of the functions, compared with that of a checkout."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.cli.doctor import Status
from amsdal_mail.cli.doctor.deployed_code import compare, fetch_entries, find_checkout
from tests.unit.amsdal_mail.cli.doctor.world import World

SOURCE = {
    "send_email/__init__.py": "",
    "send_email/function.py": "print(1)\n",
    "amsdal_mail/__init__.py": "x = 1\n",
    "amsdal_mail/py.typed": "",
}
OPERATORS = {"amsdal_mail/cli/app.py": "y", "amsdal_mail/console/app.py": "z"}
LIBRARIES = {
    "pydantic/main.py": "library",
    "pydantic-2.13.0.dist-info/METADATA": "m",
    "typing_extensions-4.15.0.dist-info/METADATA": "m",
    "pydantic_core-2.40.1.dist-info/METADATA": "m",
}
LOCK = """\
pydantic==2.13.0 \\
    --hash=sha256:abc
typing-extensions==4.15.0 ; python_version >= "3.11"
pydantic-core==2.40.1
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    files = {f"lambdas/{name}": text for name, text in {**SOURCE, **OPERATORS}.items()}
    files |= {"lambdas/requirements.txt": LOCK, "cdk.json": "{}", "infra/app.py": ""}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def _archive(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@contextmanager
def _served(content: bytes, *, ranges: bool = True) -> Iterator[tuple[str, list[int]]]:
    """Serve the content as S3 does; yield the URL and the sizes of the responses."""
    sizes: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "") if ranges else ""
            part = content[int(wanted.removeprefix("bytes=")) :] if wanted else content
            sizes.append(len(part))
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *_args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/code.zip?X-Amz-Signature=x", sizes
    finally:
        server.shutdown()
        server.server_close()


def _drift(checkout: Path, files: Mapping[str, str]) -> list[str]:
    with _served(_archive(files)) as (url, _sizes):
        return compare(checkout, fetch_entries(url))


def test_deployed_checkout_does_not_differ(checkout: Path) -> None:
    byte_code = {"send_email/function.pyc": "byte code"}

    assert _drift(checkout, {**SOURCE, **LIBRARIES, **byte_code}) == []


def test_each_other_file_is_named(checkout: Path) -> None:
    files = {**SOURCE, "send_email/function.py": "print(2)\n", "send_email/old.py": "x"}
    del files["amsdal_mail/__init__.py"]

    assert _drift(checkout, files) == [
        "amsdal_mail/__init__.py (is not deployed)",
        "send_email/function.py (differs)",
        "send_email/old.py (is only deployed)",
    ]


def test_other_version_of_a_library_is_named(checkout: Path) -> None:
    files = {**SOURCE, "pydantic-2.12.5.dist-info/METADATA": "m"}

    assert _drift(checkout, files) == ["pydantic 2.12.5 (here 2.13.0)"]


@pytest.mark.parametrize("ranges", [True, False])
def test_only_the_end_of_an_archive_is_read(checkout: Path, ranges: bool) -> None:
    archive = _archive({"botocore/data/large.json": "x" * 3_000_000, **SOURCE})
    with _served(archive, ranges=ranges) as (url, sizes):
        assert compare(checkout, fetch_entries(url)) == []

    assert sizes == [1024 * 1024 if ranges else len(archive)]


def test_longer_list_of_files_is_read_whole(checkout: Path) -> None:
    many = {f"library/{number}_{'x' * 200}": "" for number in range(6000)}
    with _served(_archive({**SOURCE, **many})) as (url, sizes):
        assert compare(checkout, fetch_entries(url)) == []

    assert len(sizes) == 2


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with _served(content) as (url, _sizes), pytest.raises(ValueError, match="no archive"):
        fetch_entries(url)


def test_location_must_be_of_the_web(checkout: Path) -> None:
    with pytest.raises(ValueError, match="no web address: file"):
        fetch_entries((checkout / "cdk.json").as_uri())


def test_checkout_is_found_from_a_folder_in_it(checkout: Path) -> None:
    assert find_checkout(checkout / "lambdas" / "send_email") == checkout
    (checkout / "cdk.json").unlink()
    assert find_checkout(checkout / "lambdas" / "send_email") is None


def test_other_code_is_a_fault_of_the_stage(checkout: Path) -> None:
    world = World()
    world.checkout = checkout
    with _served(_archive({**SOURCE, "send_email/function.py": "other"})) as (url, _sizes):
        world.aws["lambda"]["get_function"] = {"Code": {"Location": url}}
        finding = world.findings()["code"]

    assert finding.status is Status.FAIL
    assert "send_email/function.py (differs)" in finding.message


def test_two_functions_with_different_code_are_a_fault(checkout: Path) -> None:
    world = World()
    world.checkout = checkout
    healthy = world.aws["lambda"]["get_function_configuration"]
    world.aws["lambda"]["get_function_configuration"] = lambda **call: (
        healthy(**call) | {"CodeSha256": call["FunctionName"]}
    )

    assert "different code" in world.findings()["code"].message


def test_archive_that_cannot_be_read_is_a_warning(checkout: Path) -> None:
    world = World()
    world.checkout = checkout
    world.aws["lambda"]["get_function"] = {"Code": {"Location": "http://127.0.0.1:1/"}}

    finding = world.findings()["code"]

    assert finding.status is Status.WARN
    assert finding.message.startswith("could not check: ")
