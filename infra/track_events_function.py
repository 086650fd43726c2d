"""The Lambda function that stores SES's events and publishes them on the event bus."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.event_queue import EventQueue
from infra.service_function import ServiceFunction
from infra.setting_rules import TRACK_TIMEOUT_SECONDS
from infra.settings import Settings

__all__ = ["TrackEventsFunction"]


class TrackEventsFunction(ServiceFunction):
    """The tracking function, with each queue of events as an event source.

    Each event source has a concurrency of its own. A flood of opens waits in its queue, and leaves
    the environments of the other events alone.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        settings: Settings,
        table: dynamodb.ITableV2,
        queues: Iterable[EventQueue],
        event_bus: events.IEventBus,
        suppression_key: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            name="track_events",
            code=code,
            settings=settings,
            timeout=Duration.seconds(TRACK_TIMEOUT_SECONDS),
            memory_mb=512,
            environment={
                "TABLE_NAME": table.table_name,
                "EVENT_BUS_NAME": event_bus.event_bus_name,
                "SUPPRESSION_KEY": suppression_key,
            },
        )
        for queue in queues:
            self.consume(queue, max_concurrency=settings.tracking_concurrency)
