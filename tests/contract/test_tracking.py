"""Every sample of SES's events, kept by a real table and published on a real bus (MiniStack's)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest

from amsdal_mail.tracking import TrackingEvent, parse_notification
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.memory import MemoryEmailStore
from email_store.records import external_email_id
from tests.email_table import HASHES, create_email_table
from tests.sample_events import load, names
from track_events.event_bus import EventBus
from track_events.records import collapse_unattributed
from track_events.service import Tracker

NOW = datetime.now(UTC)
NOTIFICATIONS = [parse_notification(load(name)) for name in names("ses")]
EVENTS = [event for events in NOTIFICATIONS for event in events]


@pytest.fixture
def table(aws_environment: None) -> DynamoDBEmailStore:
    client = boto3.client("dynamodb")
    name = create_email_table(client, f"tracking-{uuid4().hex}")
    return DynamoDBEmailStore(client, name, timedelta(days=90), HASHES)


@pytest.fixture
def bus(aws_environment: None) -> EventBus:
    client = boto3.client("events")
    name = f"tracking-{uuid4().hex}"
    client.create_event_bus(Name=name)
    return EventBus(client, name)


def email_id(event: TrackingEvent) -> str:
    return event.email_id or external_email_id(event.message_id)


def test_dynamodb_and_memory_store_the_same_for_each_sample(
    table: DynamoDBEmailStore, bus: EventBus
) -> None:
    memory = MemoryEmailStore()
    counts: Counter[str] = Counter()

    for events in NOTIFICATIONS:
        Tracker(table, bus, lambda: NOW).track(events, counts)
        Tracker(memory, bus, lambda: NOW).track(events, Counter())

    assert counts["DuplicateEvents"] == 0
    for event in EVENTS:
        assert table.load(email_id(event)) == memory.load(email_id(event))
    addresses = {event.recipient for event in EVENTS if event.recipient}
    assert table.suppressed(addresses) == memory.suppressed(addresses) != set()


def test_dynamodb_recognises_a_duplicate_event(table: DynamoDBEmailStore, bus: EventBus) -> None:
    tracker = Tracker(table, bus, lambda: NOW)
    counts: Counter[str] = Counter()

    for events in NOTIFICATIONS:
        tracker.track(events, Counter())
        tracker.track(events, counts)

    assert counts.pop("IgnoredNotifications") == NOTIFICATIONS.count([])
    assert +counts == {
        "DuplicateEvents": sum(len(collapse_unattributed(events)) for events in NOTIFICATIONS)
    }
