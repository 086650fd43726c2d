from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from amsdal_mail.email_id import TEMPLATE_VERSION_TAG
from amsdal_mail.tracking import EventKind, Reject, TrackingEvent, parse_event
from tests.sample_events import load
from track_events.event_bus import DETAIL_TYPES, SIZE_LIMIT, EventBus, PublishError

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

(BOUNCE,) = parse_event(load("ses/bounce_permanent"))


class FakeClient:
    """The part of PutEvents that the bus uses. Entries whose number is in `refused` fail."""

    def __init__(self, refused: tuple[int, ...] = ()) -> None:
        self.calls: list[list[dict[str, str]]] = []
        self.refused = refused

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        entries = [
            {"ErrorCode": "ThrottlingException"} if number in self.refused else {"EventId": "x"}
            for number, _ in enumerate(Entries)
        ]
        return {"FailedEntryCount": len(self.refused), "Entries": entries}


def bus_of(client: FakeClient) -> EventBus:
    speaks: EventBridgeClient = client  # type: ignore[assignment]
    return EventBus(speaks, "AmsdalMail-dev")


def published(client: FakeClient) -> list[dict[str, Any]]:
    return [json.loads(entry["Detail"]) for call in client.calls for entry in call]


def test_event_has_the_fields_that_a_rule_may_match() -> None:
    client = FakeClient()

    bus_of(client).publish([BOUNCE])

    ((entry,),) = client.calls
    assert entry["EventBusName"] == "AmsdalMail-dev"
    assert entry["Source"] == "amsdal_mail"
    assert entry["DetailType"] == "Email Bounced"
    detail = json.loads(entry["Detail"])
    assert detail["recipient"] == "nobody@example.net"
    assert detail["email_id"] == "order-1005"
    assert detail["at"] == "2026-03-02T09:15:32+00:00"
    assert detail["metadata"] == {"order_id": "1234", "campaign": "q1-billing"}
    assert detail["details"]["type"] == "Permanent"
    assert detail["is_permanent"] is True
    assert detail["should_suppress"] is True


def test_every_kind_has_a_detail_type_of_its_own() -> None:
    assert set(DETAIL_TYPES) == set(EventKind)
    assert len(set(DETAIL_TYPES.values())) == len(EventKind)


def test_ten_entries_go_in_a_call() -> None:
    client = FakeClient()

    bus_of(client).publish([BOUNCE] * 23)

    assert [len(call) for call in client.calls] == [10, 10, 3]


def test_no_events_make_no_call() -> None:
    client = FakeClient()

    bus_of(client).publish([])

    assert client.calls == []


def with_reason(length: int) -> TrackingEvent:
    return replace(BOUNCE, details=Reject("ä" * (length // 2)))


def test_a_call_holds_no_more_bytes_than_eventbridge_takes() -> None:
    client = FakeClient()

    bus_of(client).publish([with_reason(100_000)] * 5)

    assert [len(call) for call in client.calls] == [2, 2, 1]
    for call in client.calls:
        assert sum(len(entry["Detail"].encode()) for entry in call) < SIZE_LIMIT


def test_event_too_large_for_eventbridge_loses_its_details() -> None:
    client = FakeClient()

    bus_of(client).publish([with_reason(SIZE_LIMIT)])

    (detail,) = published(client)
    assert detail["details"] == {}
    assert detail["details_too_large"] is True
    assert detail["event_id"] == BOUNCE.event_id


def test_a_refused_entry_is_an_error_that_names_the_code() -> None:
    with pytest.raises(PublishError, match="1 of 2 entries: ThrottlingException"):
        bus_of(FakeClient(refused=(1,))).publish([BOUNCE, BOUNCE])


@pytest.mark.parametrize("version", ["1a2b3c4d", None])
def test_event_has_the_version_of_the_template(version: str | None) -> None:
    payload = load("ses/bounce_permanent")
    payload["mail"]["tags"] |= {TEMPLATE_VERSION_TAG: [version]} if version else {}
    client = FakeClient()

    bus_of(client).publish(parse_event(payload))

    (detail,) = published(client)
    assert detail["template_version"] == version
    assert TEMPLATE_VERSION_TAG not in detail["metadata"]
