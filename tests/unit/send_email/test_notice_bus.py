"""Notices on the event bus: what happens to an email before SES has it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from send_email.notice_bus import DETAIL_TYPES, EventBridgeNotices
from send_email.sending.errors import QueueError
from send_email.sending.notices import Notice, NoticeKind
from tests.unit.send_email.fakes import NOW

NOTICE = Notice(
    kind=NoticeKind.SCHEDULED,
    email_id="reminder",
    at=NOW,
    recipient_count=2,
    send_at=NOW + timedelta(days=1),
    generation=1,
)


class Bus:
    """A client of EventBridge."""

    def __init__(self, failed: int = 0) -> None:
        self.failed = failed
        self.entries: list[Any] = []

    def put_events(self, *, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.entries += Entries
        return {"FailedEntryCount": self.failed, "Entries": [{"ErrorCode": "ThrottlingException"}]}


def publish(client: Any, notice: Notice = NOTICE) -> None:
    EventBridgeNotices(lambda: client, "bus").publish(notice)


def test_notice_has_the_times_and_no_address() -> None:
    bus = Bus()

    publish(bus)

    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"]) == ("amsdal_mail", "Email Scheduled")
    assert entry["EventBusName"] == "bus"
    assert json.loads(entry["Detail"]) == {
        "event_id": "reminder-scheduled-1-0",
        "kind": "scheduled",
        "email_id": "reminder",
        "at": NOW.isoformat(),
        "send_at": (NOW + timedelta(days=1)).isoformat(),
        "expires_at": None,
        "recipient_count": 2,
        "chunk": None,
    }


def test_each_kind_has_a_detail_type() -> None:
    assert set(DETAIL_TYPES) == set(NoticeKind)


def test_refused_notice_is_an_error() -> None:
    with pytest.raises(QueueError, match="ThrottlingException"):
        publish(Bus(failed=1))


def test_unreachable_bus_is_an_error() -> None:
    class Unreachable:
        def put_events(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://events")

    with pytest.raises(QueueError, match="PutEvents"):
        publish(Unreachable())
