"""Build the tracker, once in each execution environment, from the environment variables."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache

from function_runtime.clients import ClientSession
from track_events.event_bus import EventBus
from track_events.service import Tracker
from track_events.settings import Settings

__all__ = ["build_tracker"]


@cache
def build_tracker() -> Tracker:
    """Build the tracker.

    Raises:
        ConfigurationError: naming all settings that are missing or invalid.
    """
    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.store import DynamoDBEmailStore

    settings = Settings.from_environment(os.environ)
    session = ClientSession()
    return Tracker(
        store=DynamoDBEmailStore(
            session.client("dynamodb"),
            settings.table_name,
            timedelta(days=settings.retention_days),
            AddressHashes(settings.suppression_key),
        ),
        bus=EventBus(session.client("events"), settings.event_bus_name),
        clock=lambda: datetime.now(UTC),
    )
