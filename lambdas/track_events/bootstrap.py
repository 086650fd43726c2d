"""Build the tracker, once in each execution environment, from the environment variables."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from function_runtime.clients import ClientSession
from track_events.event_bus import EventBus
from track_events.service import Tracker
from track_events.settings import Settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from email_store.metrics import MetricsStore

__all__ = ["build_metrics", "build_tracker"]


@cache
def build_tracker() -> Tracker:
    """Build the tracker.

    Raises:
        ConfigurationError: naming all settings that are missing or invalid.
    """
    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.store import DynamoDBEmailStore

    settings = _settings()
    return Tracker(
        store=DynamoDBEmailStore(
            _dynamodb(),
            settings.table_name,
            timedelta(days=settings.retention_days),
            AddressHashes(settings.suppression_key),
        ),
        bus=EventBus(_session().client("events"), settings.event_bus_name),
        clock=lambda: datetime.now(UTC),
    )


@cache
def build_metrics() -> MetricsStore:
    """Build the store of the metrics, which knows the names of the days that it has seen."""
    from email_store.dynamodb.metrics import DynamoDBMetricsStore

    return DynamoDBMetricsStore(_dynamodb(), _settings().table_name)


@cache
def _settings() -> Settings:
    return Settings.from_environment(os.environ)


@cache
def _session() -> ClientSession:
    return ClientSession()


@cache
def _dynamodb() -> DynamoDBClient:
    client: DynamoDBClient = _session().client("dynamodb")
    return client
