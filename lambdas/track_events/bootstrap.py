"""Build the tracker, once in each execution environment, from the environment variables."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache

from function_runtime.clients import CLIENT_CONFIG
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
    import boto3
    from botocore.config import Config

    from email_store.dynamodb.store import DynamoDBEmailStore

    settings = Settings.from_environment(os.environ)
    config = Config(**CLIENT_CONFIG)
    return Tracker(
        store=DynamoDBEmailStore(
            boto3.client("dynamodb", config=config),
            settings.table_name,
            timedelta(days=settings.retention_days),
        ),
        bus=EventBus(boto3.client("events", config=config), settings.event_bus_name),
        clock=lambda: datetime.now(UTC),
    )
