"""The sender of send_mail, and its fields for the service."""

from __future__ import annotations

import pytest

from amsdal_mail import EmailRequest, InvalidMessageError, asend_mail, get_connection, send_mail
from amsdal_mail.backends.memory import outbox

TO = ["anna@example.org"]


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "memory")
    monkeypatch.delenv("AMSDAL_DEFAULT_FROM", raising=False)
    outbox.clear()


async def test_environment_gives_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMSDAL_DEFAULT_FROM", "Shop <shop@example.com>")
    send_mail("One", "Text", None, TO)
    await asend_mail("Two", "Text", "", TO)
    send_mail("Three", "Text", "other@example.com", TO)
    senders = [sent.message.from_email for sent in outbox]
    assert senders == ["Shop <shop@example.com>", "Shop <shop@example.com>", "other@example.com"]


def test_no_sender_at_all_is_refused() -> None:
    with pytest.raises(InvalidMessageError, match="from_email: must be given, or set by"):
        send_mail("One", "Text", None, TO)
    assert outbox == []


def test_wrong_default_sender_names_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMSDAL_DEFAULT_FROM", "no address")
    with pytest.raises(InvalidMessageError, match="from_email"):
        send_mail("One", "Text", None, TO)


def test_idempotency_key_makes_a_request() -> None:
    send_mail("One", "Text", "shop@example.com", TO, idempotency_key="order-1")
    message = outbox[0].message
    assert isinstance(message, EmailRequest)
    assert message.idempotency_key == "order-1"


def test_only_memory_replaces_a_named_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "console")
    assert type(get_connection("ses", environ={})).__name__ == "SESBackend"
