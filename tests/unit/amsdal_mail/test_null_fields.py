"""A message whose fields Python sets to None after the checks."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail import Attachment, EmailMessage
from amsdal_mail.backends.memory import MemoryBackend, outbox

FIELDS: dict[str, Any] = {
    "subject": "Hi",
    "body": "b",
    "from_email": "f@x.io",
    "to": ["a@x.io"],
    "headers": {"X-A": "1"},
    "metadata": {"order": "1"},
    "attachments": [Attachment("a.txt", b"text", "text/plain")],
}


@pytest.mark.parametrize("field", ["attachments", "headers", "metadata"])
def test_field_that_is_set_to_none_counts_as_left_out(field: str) -> None:
    message = EmailMessage(**FIELDS)
    vars(message)[field] = None

    status = MemoryBackend().send_messages([message])

    assert status.is_success
    assert not getattr(outbox.pop().message, field)


@pytest.mark.parametrize("field", ["attachments", "headers", "metadata"])
def test_none_in_a_message_without_checks_is_left_out(field: str) -> None:
    message = EmailMessage.model_construct(**{**FIELDS, field: None})

    status = MemoryBackend().send_messages([message])

    assert status.is_success
    assert not getattr(outbox.pop().message, field)
