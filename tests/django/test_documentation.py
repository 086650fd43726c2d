"""The samples of docs/django.md, and the fixture of docs/library.md, run as printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings

from amsdal_mail.backends import memory
from amsdal_mail.pytest_plugin import outbox

if TYPE_CHECKING:
    from amsdal_mail.outbox import Outbox

__all__ = ["outbox"]

DOCS = Path(__file__).parents[2] / "docs"


def sample(page: str, text: str) -> dict[str, Any]:
    """Run the sample that contains the text, and return its names."""
    blocks = re.findall(r"```py\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(next(block for block in blocks if text in block), names)
    return names


def test_settings_are_those_of_the_backend() -> None:
    given = sample("django.md", "EMAIL_BACKEND")
    assert given["EMAIL_BACKEND"] == "amsdal_mail.django.EmailBackend"
    with override_settings(AMSDAL_MAIL=given["AMSDAL_MAIL"] | {"BACKEND": "memory", "OPTIONS": {}}):
        EmailMessage("Order", "Thanks", "shop@example.com", ["anna@example.org"]).send()
    assert memory.outbox[0].message.tags == ("shop",)


def test_message_with_attributes_is_sent() -> None:
    message = sample("django.md", "EmailMultiAlternatives")["message"]
    assert message.send_status.is_success
    assert b"Thank you, Anna." in memory.outbox[0].rendered[0]


@pytest.mark.parametrize("page", ["django.md", "library.md"])
def test_fixture_is_used_as_printed(page: str, outbox: Outbox) -> None:
    test: Callable[[Outbox], None] = sample(page, "def test_order")["test_order_is_confirmed"]
    test(outbox)
    assert len(outbox) == 1
