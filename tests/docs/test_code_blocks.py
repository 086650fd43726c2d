"""The Python samples of the documentation run as printed, against the SES simulator."""

from __future__ import annotations

import ast
import inspect
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

import amsdal_mail
from amsdal_mail import EmailMessage, SendStatus, send_mail
from amsdal_mail.backends import memory
from tests.docs import simulator
from tests.docs.pages import PAGES, ROOT, Page

BLOCKS = [
    pytest.param(page, number, id=f"{page.name} {number + 1}")
    for page in PAGES
    for number, _ in enumerate(page.blocks("python"))
]
SUBJECT, TEXT = "Welcome, {{name}}", "Hello {{name}}, welcome to {{company}}."


@pytest.fixture(scope="module")
def template(ses_url: str) -> None:
    session = boto3.Session("test", "test", region_name="eu-west-1")
    ses = session.client("sesv2", endpoint_url=ses_url)
    ses.create_email_template(
        TemplateName="welcome-template", TemplateContent={"Subject": SUBJECT, "Text": TEXT}
    )


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, ses_url: str, template: None, tmp_path: Path) -> None:
    """The samples send to the simulator, and write files into a folder of their own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in simulator.environment(ses_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def run(page: Page, number: int) -> dict[str, Any]:
    """Run a sample and return its names. What it puts on the queue stays in memory."""
    printed = page.blocks("python")[number]
    code = printed.replace('get_connection("sqs")', 'get_connection("memory")')
    names: dict[str, Any] = {"__name__": "sample"}
    exec(compile(code, page.name, "exec"), names)
    return names


def sample(file: str, text: str) -> tuple[Page, int]:
    """Find the sample that contains this text."""
    page = Page(ROOT / file)
    return page, next(n for n, code in enumerate(page.blocks("python")) if text in code)


def test_samples_are_found() -> None:
    pages = {param.values[0].name for param in BLOCKS}  # type: ignore[union-attr]

    assert {"README.md", "docs/library.md", "docs/service.md", "docs/backends.md"} <= pages


@pytest.mark.parametrize(("page", "number"), BLOCKS)
def test_sample_runs_as_printed(page: Page, number: int) -> None:
    names = run(page, number)

    status = names.get("status")
    assert status is None or (isinstance(status, SendStatus) and status.is_success)


@pytest.mark.parametrize(("page", "number"), BLOCKS)
def test_names_that_the_sample_imports_are_public(page: Page, number: int) -> None:
    tree = ast.parse(page.blocks("python")[number])
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "amsdal_mail"
        for alias in node.names
    }

    assert imported <= set(amsdal_mail.__all__)


def test_readme_sends_the_email_that_it_shows(ses_url: str) -> None:
    status = run(*sample("README.md", "send_mail"))["status"]

    assert status.message_id in {message["id"] for message in simulator.messages(ses_url)}


def test_queue_sample_has_its_key_as_id() -> None:
    before = len(memory.outbox)

    names = run(*sample("docs/service.md", "idempotency_key="))

    assert names["request"].idempotency_key == "order-1235"
    assert len(memory.outbox) == before + 1


async def test_async_sample_sends(ses_url: str) -> None:
    names = run(*sample("docs/library.md", "async def send"))
    message = EmailMessage(
        subject="async sample", body="x", from_email="orders@example.com", to=["a@example.com"]
    )
    before = len(simulator.messages(ses_url))

    sending = names["send"]([message])

    assert inspect.isawaitable(sending)
    await sending
    assert len(simulator.messages(ses_url)) == before + 2


def test_handler_sample_names_the_address_to_suppress(capsys: pytest.CaptureFixture[str]) -> None:
    handler = run(*sample("docs/library.md", "parse_notification"))["handler"]
    body = (ROOT / "events/ses/bounce_permanent.json").read_text()

    handler({"Records": [{"body": body}]}, None)

    assert "nobody@example.net" in capsys.readouterr().out


def test_errors_sample_prints_the_broken_field(capsys: pytest.CaptureFixture[str]) -> None:
    send = run(*sample("docs/errors.md", "docs_url"))["send"]

    assert send("Hello", "It works.", ["not an address"]) is None
    assert "to[0]" in capsys.readouterr().out


def test_backend_sample_writes_a_file(tmp_path: Path) -> None:
    backend = run(*sample("docs/backends.md", "BaseBackend"))["FolderBackend"]

    status = send_mail(
        "Hello", "x", "orders@example.com", ["a@example.com"], connection=backend(folder=tmp_path)
    )

    assert status.is_success
    assert (tmp_path / f"{status.message_id}.json").exists()
