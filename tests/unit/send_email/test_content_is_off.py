"""A service that keeps nothing says so, also of what it has kept before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from email_store.claims import SendUnit
from email_store.memory import MemoryEmailStore
from email_store.records import KeptContent
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import email
from tests.unit.send_email.fake_s3 import FakeS3
from tests.unit.send_email.fakes import NOW

OFF = "This service keeps no messages: its setting content_retention_days is 0."


@pytest.mark.parametrize(("method", "path"), [("GET", "content"), ("POST", "resend")])
def test_request_for_a_message_is_refused(
    api: Api, s3: FakeS3, store: MemoryEmailStore, method: str, path: str
) -> None:
    api.post(email(), Idempotency_Key="k")
    unit = store.find_unit("k")
    assert unit is not None
    kept = KeptContent("kept/k/f/message.json", NOW + timedelta(days=1))
    store.note_kept(replace(unit.to_claim(SendUnit("k"), "claimed"), kept=kept))  # type: ignore[arg-type]

    response = api(method, f"/emails/k/{path}", {} if method == "POST" else None)

    assert (response.status, response.content["message"]) == (409, OFF)
    assert s3.calls == []
