"""The documented samples pass mypy --strict and pyright, as a user runs them: without plugins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

PYRIGHT = ROOT / "node_modules/.bin/pyright"
ORDINARY_USE = """
from amsdal_mail import Attachment, EmailMessage, EmailRequest, SendStatus, asend_mail, send_mail


def use(name: str | None, numbers: list[int]) -> SendStatus:
    lists = EmailMessage(
        subject="s", body=name, from_email="a@x.io", to=["b@x.io"], cc=None, tags=["a"],
        headers={"X-A": 1, "X-B": ["1", "2"]}, metadata={"order": 1234},
        attachments=[Attachment("a.txt", "text", "text/plain"), Attachment("a", b"", "a/b", "id")],
    )
    tuples = lists.replace(to=("b@x.io",), merge_data={"b@x.io": {"numbers": numbers}})
    request = EmailRequest(from_email="a@x.io", to=(f"{n}@x.io" for n in numbers), html_body="<p>",
                           idempotency_key=None)
    first: str = tuples.to[0] + request.subject
    return send_mail(first, "b", "a@x.io", ["b@x.io"], html_message=None, reply_to=None)


async def later() -> None:
    status = await asend_mail("s", "b", "a@x.io", ["b@x.io"], merge_headers=None)
    status.raise_for_status()
"""
WRONG_USE = """
from amsdal_mail import EmailMessage

EmailMessage(from_email="a@x.io", to=[1], colour="red")
EmailMessage(to=["a@x.io"])
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each sample of the documentation, each example and ordinary use as a file."""
    folder = tmp_path_factory.mktemp("samples")
    for page in PAGES:
        for number, code in enumerate(page.blocks("python")):
            name = page.name.replace("/", "_").removesuffix(".md").replace("-", "_")
            (folder / f"{name}_{number}.py").write_text(code)
    for example in (ROOT / "examples").glob("*.py"):
        (folder / f"example_{example.name}").write_text(example.read_text())
    (folder / "ordinary_use.py").write_text(ORDINARY_USE)
    return folder


def mypy(folder: Path) -> subprocess.CompletedProcess[str]:
    config = folder / "mypy.ini"
    config.write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT / 'lambdas'}\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(config),
        "--cache-dir",
        str(folder / ".cache"),
        *map(str, sorted(folder.glob("*.py"))),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def pyright(folder: Path) -> subprocess.CompletedProcess[str]:
    config = {
        "extraPaths": [str(ROOT / "lambdas")],
        "pythonVersion": "3.11",
        "include": ["*.py"],
        # The stubs of boto3, where they are installed, call every key of a response optional.
        "reportTypedDictNotRequiredAccess": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    command = [str(PYRIGHT), "--project", str(folder), "--pythonpath", sys.executable]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_mypy_passes_the_samples(samples: Path) -> None:
    done = mypy(samples)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright is not installed: make setup")
def test_pyright_passes_the_samples(samples: Path) -> None:
    done = pyright(samples)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_wrong_use_is_found(checker: object, tmp_path: Path) -> None:
    if checker is pyright and not PYRIGHT.exists():
        pytest.skip("pyright is not installed: make setup")
    (tmp_path / "wrong.py").write_text(WRONG_USE)

    done = checker(tmp_path)  # type: ignore[operator]

    assert done.returncode == 1
    assert "colour" in done.stdout
    assert "from_email" in done.stdout
