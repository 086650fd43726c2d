"""GET /emails/{email_id}."""

from __future__ import annotations

import pytest

from email_store.claims import SendUnit
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Repeat
from email_store.states import EmailState
from email_store.view import RECIPIENTS_LIMIT
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, BEN, email, merged
from tests.unit.send_email.fakes import NOW


def test_email_is_shown_with_later_events(api: Api, store: MemoryEmailStore) -> None:
    api.post(email(tags=["welcome"]), idempotency_key="k")
    bounce = RecipientRecord(
        email_id="k", address=ANNA, state=EmailState.BOUNCED, at=NOW, message_id="ses-1",
        error_code="Permanent/NoEmail",
    )  # fmt: skip
    store.advance_recipient(bounce, now=NOW)
    event = EventRecord(
        email_id="k", event_id="e", kind="bounce", at=NOW, message_id="ses-1", recipient=ANNA,
        details={"type": "Permanent"}, raw={"eventType": "Bounce"},
    )  # fmt: skip
    store.add_event(event, now=NOW)

    shown = api("GET", "/emails/k").content

    assert shown["state"] == "bounced"
    assert shown["counts"] == {"bounced": 1}
    assert shown["recipients"][0]["error_code"] == "Permanent/NoEmail"
    assert shown["timeline"] == [
        {
            "at": "2026-02-27T10:15:31+00:00",
            "kind": "bounce",
            "recipient": ANNA,
            "message_id": "ses-1",
            "details": {"type": "Permanent"},
        }
    ]
    assert shown["email"]["tags"] == ["welcome"]
    assert shown["email"]["subject"] == "Hi"


def test_opens_and_clicks_are_counted(api: Api, store: MemoryEmailStore) -> None:
    api.post(merged(ANNA, BEN), idempotency_key="k")
    for kind, recipient, count in [("open", ANNA, 30), ("click", BEN, 2), ("open", None, 1)]:
        for _ in range(count):
            store.count_repeat("k", Repeat(kind, recipient), now=NOW)

    shown = api("GET", "/emails/k").content

    assert (shown["opens"], shown["clicks"]) == (31, 2)
    assert {to["address"]: (to["opens"], to["clicks"]) for to in shown["recipients"]} == {
        ANNA: (30, 0),
        BEN: (0, 2),
    }


def test_email_known_only_by_events_has_no_record(api: Api, store: MemoryEmailStore) -> None:
    seen = RecipientRecord(
        email_id="ses-0100", address=ANNA, state=EmailState.OPENED, at=NOW, message_id="0100"
    )
    store.advance_recipient(seen, now=NOW)

    shown = api("GET", "/emails/ses-0100").content

    assert (shown["state"], shown["email"]) == ("opened", None)


def test_unknown_email_gets_404(api: Api) -> None:
    response = api("GET", "/emails/unknown")

    assert (response.status, response.content["message"]) == (404, "Email not found.")


@pytest.mark.parametrize("email_id", ["a" * 3000, ".a", "a|b", "a@b"])
def test_invalid_email_id_gets_404_without_a_read(
    api: Api, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch, email_id: str
) -> None:
    monkeypatch.setattr(store, "load", pytest.fail)

    assert api("GET", f"/emails/{email_id}").status == 404


def test_recipients_of_a_large_email_come_in_pages(api: Api, store: MemoryEmailStore) -> None:
    people = [f"p+{number:04}@example.com" for number in range(RECIPIENTS_LIMIT + 2)]
    record = EmailRecord(
        email_id="news", fingerprint="f", created_at=NOW, recipient_count=1_500, chunk_count=30
    )
    store.claim(record, SendUnit("news"), (), now=NOW, lease_seconds=90)
    for address in people:
        delivered = RecipientRecord(
            email_id="news", address=address, state=EmailState.DELIVERED, at=NOW, message_id="0100"
        )
        store.advance_recipient(delivered, now=NOW, record=record)

    first = api("GET", "/emails/news").content
    # The gateway reads the plus of an address that is not encoded as a space.
    second = api("GET", f"/emails/news?recipients_after={first['recipients_next']}").content

    listed = [to["address"] for page in (first, second) for to in page["recipients"]]
    assert listed == people
    assert (len(second["recipients"]), second["recipients_next"]) == (2, None)
    assert first["counts"] == second["counts"] == {"delivered": len(people), "queued": 498}
    assert (first["is_truncated"], second["is_truncated"]) == (True, False)
