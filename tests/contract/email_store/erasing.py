"""What the tests of erasure share: emails to people, events of SES, and a search for traces."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amsdal_mail.status import RecipientStatus, SendState
from amsdal_mail.tracking import parse_notification
from email_store.claims import Claim, SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.erasure import Erasure, ToForget
from email_store.records import EmailRecord
from email_store.store import EmailStore
from track_events.service import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amsdal_mail.tracking import TrackingEvent
    from email_store.view import EmailView

NOW = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LEASE = 90
BOB, ANNA = "Bob.B@xn--bro-hoa.example", "anna@example.com"
BOB_AS_ASKED = "bob.b@xn--bro-hoa.example"
NAME = "Robert Bauer-Klein"
TRACES = (
    "bob.b@", "bob.b%40", "bob.b=40", "bauer-klein", b64encode(BOB.encode()).decode().lower()[:16],
    b64encode(b"Robert Bauer").decode().lower(),
)  # fmt: skip


class Silence:
    """A bus that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[TrackingEvent] = []

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        self.events.extend(events)


def record(email_id: str, recipients: int = 1, **changes: Any) -> EmailRecord:
    fields: dict[str, Any] = {
        "fingerprint": "f1",
        "created_at": NOW,
        "from_email": "shop@example.com",
        "subject": "Order of bob.b@büro.example",
        "tags": ("welcome", f"to-{BOB.lower()}"),
        "metadata": {"customer": "BOB.B@BÜRO.example", "order": "7"},
    }
    return EmailRecord(email_id=email_id, recipient_count=recipients, **{**fields, **changes})


def claim(
    store: EmailStore, email: EmailRecord, addresses: Iterable[str], *, at: datetime = NOW
) -> Claim:
    unit = SendUnit(email.email_id)
    return store.claim(email, unit, tuple(addresses), now=at, lease_seconds=LEASE)


def accepted(addresses: Iterable[str]) -> dict[str, RecipientStatus]:
    return {each: RecipientStatus(each, SendState.ACCEPTED, "0100-m") for each in addresses}


def send(store: EmailStore, email: EmailRecord, addresses: Iterable[str]) -> None:
    """Send an email, as a worker does."""
    addresses = tuple(addresses)
    assert store.settle(claim(store, email, addresses), accepted(addresses))


def notification(
    kind: str, email_id: str | None, sent_to: Iterable[str], *of: str, **details: Any
) -> dict[str, Any]:
    """An event of SES, which names all recipients of the message, and Bob with his name."""
    mailboxes = [f"{NAME} <{each}>" if each == BOB else each for each in sent_to]
    member = {"Rendering Failure": "failure"}.get(kind, kind[0].lower() + kind[1:])
    of_kind: dict[str, dict[str, Any]] = {
        "Bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "feedbackId": "f",
            "bouncedRecipients": [
                {"emailAddress": each, "diagnosticCode": f"smtp; 550 <{BOB}> unknown"}
                for each in of
            ],
        },
        "Delivery": {"recipients": list(of), "smtpResponse": f"250 ok {BOB}"},
        "Click": {"link": f"https://shop.example/?e={BOB}", "ipAddress": "192.0.2.1"},
    }
    time = "2026-03-02T09:15:40.000Z"
    return {
        "eventType": kind,
        "mail": {
            "timestamp": "2026-03-02T09:15:31.000Z",
            "source": "shop@example.com",
            "messageId": "0100-m",
            "destination": list(sent_to),
            "headers": [{"name": "To", "value": ", ".join(mailboxes)}],
            "commonHeaders": {"to": mailboxes, "subject": f"Dear {NAME}"},
            "tags": {"email_id": [email_id]} if email_id else {},
        },
        member: {"timestamp": time, **of_kind.get(kind, {}), **details},
    }


def track(store: EmailStore, *notifications: Mapping[str, Any]) -> list[TrackingEvent]:
    """Track events as the function does, and return those that it published."""
    bus = Silence()
    tracker = Tracker(store, bus, lambda: LATER)
    for each in notifications:
        tracker.track(parse_notification(each), Counter())
    return bus.events


def nothing_outside(_email: ToForget) -> int:
    return 0


def erase(store: EmailStore, address: str = BOB_AS_ASKED, at: datetime = LATER) -> Erasure:
    """One call."""
    return store.erase(address, now=at, forget=nothing_outside)


def erase_all(store: EmailStore, address: str = BOB_AS_ASKED, at: datetime = LATER) -> Counter[str]:
    """Call until all is erased, and return the sums."""
    counts: Counter[str] = Counter()
    for _ in range(50):
        erasure = erase(store, address, at)
        for name in ("emails", "recipients", "events", "contents", "suppressions"):
            counts[name] += getattr(erasure, name)
        if erasure.is_complete:
            return counts
        at = max(at, erasure.waits_until or at)
    raise AssertionError("it never ends")


def stored_text(store: EmailStore) -> str:
    """Return all that the store holds as one text, in lower case."""
    if not isinstance(store, DynamoDBEmailStore):
        return json.dumps(
            {name: repr(value) for name, value in vars(store).items()}, ensure_ascii=False
        ).lower()
    items: list[Any] = []
    params: dict[str, Any] = {"TableName": store.table.name}
    while True:
        page = store.table.call("scan", params)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        params["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    contents = [
        zlib.decompress(bytes(item["content"]["B"])).decode()
        for item in items
        if "B" in item.get("content", {})
    ]
    return f"{items}{contents}".lower()


def traces(store: EmailStore) -> list[str]:
    text = stored_text(store)
    return [trace for trace in TRACES if trace in text]


def view(store: EmailStore, email_id: str) -> EmailView:
    found = store.load(email_id)
    assert found is not None
    return found
