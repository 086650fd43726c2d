"""The fixture `outbox`: every connection of a test keeps its messages in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amsdal_mail import asend_mail, get_connection, send_mail
from amsdal_mail.backends.memory import MemoryBackend
from amsdal_mail.pytest_plugin import outbox

if TYPE_CHECKING:
    from amsdal_mail.outbox import Outbox

__all__ = ["outbox"]

RECIPIENTS = ["anna@example.org"]
OTHER_TESTS = """
from amsdal_mail import get_connection, send_mail

def test_first(outbox):
    send_mail("First", "Text", "shop@example.com", ["anna@example.org"])
    assert [message.subject for message in outbox] == ["First"]

def test_second_starts_empty(outbox):
    assert len(outbox) == 0
    connection = get_connection("sqs", queue_url="https://sqs.us-east-1.amazonaws.com/1/q")
    send_mail("Second", "Text", "shop@example.com", ["b@example.org"], connection=connection)
    assert outbox[0].to == ("b@example.org",)
"""


def test_outbox_has_the_messages_themselves(outbox: Outbox) -> None:
    send_mail("One", "Text", "shop@example.com", RECIPIENTS)
    send_mail("Two", "Text", "shop@example.com", RECIPIENTS, stream="bulk")
    assert [message.subject for message in outbox] == ["One", "Two"]
    assert outbox[-1].to == ("anna@example.org",)
    assert [message.subject for message in outbox[:1]] == ["One"]
    assert outbox.sent[0].message_id.startswith("memory-")


async def test_outbox_has_async_messages(outbox: Outbox) -> None:
    await asend_mail("One", "Text", "shop@example.com", RECIPIENTS)
    assert len(outbox) == 1


@pytest.mark.parametrize("name", ["ses", "sqs", "console"])
def test_named_backend_is_replaced(name: str, outbox: Outbox) -> None:
    assert isinstance(get_connection(name), MemoryBackend)


def test_plugin_works_in_other_tests(tmp_path: Path) -> None:
    """Without our own settings of pytest, as in the project of a user."""
    (tmp_path / "test_shop.py").write_text(OTHER_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    is_installed = "import importlib.metadata as m; m.distribution('amsdal_mail')"
    found = subprocess.run([sys.executable, "-c", is_installed], check=False, capture_output=True)
    plugin = [] if found.returncode == 0 else ["-p", "amsdal_mail.pytest_plugin"]

    environ = os.environ | {"PYTHONPATH": str(Path("lambdas").absolute())}
    result = subprocess.run(
        [*command, *plugin, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environ,
    )

    assert "2 passed" in result.stdout, result.stdout + result.stderr
