"""Builds the collaborators of the handler from the environment, once per worker."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from amsdal_mail.stream import Stream
from function_runtime.clients import CLIENT_CONFIG, ClientSession
from send_email.contents.attachment_files import S3AttachmentFiles
from send_email.contents.s3_content_store import S3ContentStore
from send_email.notice_bus import EventBridgeNotices
from send_email.queue.send_queue import SendQueue
from send_email.sending.rate_limit import RateShares, SendRateLimiter
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from send_email.settings import Settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient

    from email_store.metrics import MetricsStore
    from send_email.contents.uploads import Uploads
    from send_email.sending.keeping import Keeper
    from send_email.sending.ports import EmailSender
    from send_email.sending.schedules import Schedules
    from send_email.suppressions import Suppressions

__all__ = [
    "build_api_service",
    "build_metrics",
    "build_service",
    "build_suppressions",
    "build_uploads",
    "scope_prefix",
]

IMPATIENT_CONFIG: dict[str, Any] = {
    "connect_timeout": 1,
    "read_timeout": 2,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
"""For botocore's Config. A call without a response ends after some six seconds."""


@cache
def build_service() -> SendService:
    """Build the service of the queue with its AWS clients.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    from email_store.address_hashes import AddressHashes
    from email_store.dynamodb.store import DynamoDBEmailStore

    settings = _settings()
    timeouts = Timeouts.from_settings(settings.timeout_seconds, settings.lost_response_seconds)
    contents = S3ContentStore(_s3, settings.content_bucket)
    store = DynamoDBEmailStore(
        _dynamodb(),
        settings.table_name,
        timedelta(days=settings.retention_days),
        AddressHashes(settings.suppression_key),
    )
    return SendService(
        store=store,
        sender=_build_sender(timeouts),
        queue=SendQueue(_sqs(), _queue_urls(settings), contents),
        contents=contents,
        files=S3AttachmentFiles(_s3, settings.content_bucket, settings.attachment_buckets),
        send_rate=SendRateLimiter(
            RateShares.of_worker(
                settings.max_send_rate, settings.max_concurrency, settings.bulk_share
            ),
            store,
        ),
        identities=settings.identities,
        timeouts=timeouts,
        clock=partial(datetime.now, UTC),
        jitter=random.random,
        schedules=build_schedules,
        bus=EventBridgeNotices(_events, settings.event_bus_name),
        expiring_set=settings.expiring_configuration_set,
        keeper=build_keeper if settings.content_retention_days else None,
    )


@cache
def build_keeper() -> Keeper:
    """Build the keeper of messages, for the first email of a stage that keeps them."""
    from send_email.contents.kept_contents import S3KeptContents
    from send_email.sending.keeping import Keeper

    settings, service = _settings(), build_service()
    contents = S3KeptContents(
        _impatient_s3,
        settings.content_bucket,
        settings.attachment_buckets,
        timedelta(days=settings.content_retention_days),
        service.clock,
    )
    return Keeper(contents=contents, store=service.store, clock=service.clock)


@cache
def build_schedules() -> Schedules:
    """Build the schedules, for the first email that is sent later."""
    from send_email.queue.timers import QueueTimers, ScheduleTarget
    from send_email.sending.schedules import Schedules

    settings, service = _settings(), build_service()
    target = ScheduleTarget(
        group=settings.schedule_group,
        queue_arns={
            Stream.TRANSACTIONAL: settings.schedule_queue_arn,
            Stream.BULK: settings.schedule_bulk_queue_arn,
        },
        dead_letter_arn=settings.schedule_dead_letter_arn,
        role_arn=settings.schedule_role_arn,
    )
    timers = QueueTimers(
        sqs=_sqs(),
        queue_urls=_queue_urls(settings),
        scheduler=_scheduler,
        target=target,
        longest_delay=settings.longest_queue_delay,
    )
    return Schedules(
        store=service.store,
        contents=service.contents,
        timers=timers,
        queue=service.queue,
        bus=service.bus,
        clock=service.clock,
        keeper=service.keeper,
    )


@cache
def build_api_service() -> SendService:
    """Build the service of the HTTP API, at the first request.

    It shares all with that of the queue, but waits less for SES: API Gateway does not wait as long
    as the function may run.
    """
    settings = _settings()
    timeouts = Timeouts.for_api(settings.timeout_seconds, settings.lost_response_seconds)
    return replace(build_service(), sender=_build_sender(timeouts), timeouts=timeouts)


@cache
def build_suppressions() -> Suppressions:
    """Build the suppression lists, at the first request for them."""
    from send_email.suppressions import Suppressions

    return Suppressions(build_service().store, _session().client("sesv2"))


@cache
def build_uploads() -> Uploads:
    """Build the uploads, at the first request for one."""
    from send_email.contents.uploads import Uploads

    return Uploads(_s3, _settings().content_bucket, partial(datetime.now, UTC))


@cache
def build_metrics() -> MetricsStore:
    """Build the store of the metrics, at the first request for them."""
    from email_store.dynamodb.metrics import DynamoDBMetricsStore

    return DynamoDBMetricsStore(_dynamodb(), _settings().table_name)


def scope_prefix() -> str:
    """Return what the issuer of tokens puts before the scopes of this stage; often nothing."""
    return _settings().jwt_scope_prefix


@cache
def _dynamodb() -> DynamoDBClient:
    client: DynamoDBClient = _session().client("dynamodb")
    return client


@cache
def _s3() -> Any:
    """Return the S3 client. It is made at the first need, because most emails are small."""
    return _s3_client(CLIENT_CONFIG)


@cache
def _impatient_s3() -> Any:
    """Return the S3 client for what must not delay an email."""
    return _s3_client(IMPATIENT_CONFIG)


def _s3_client(settings: dict[str, Any]) -> Any:
    from botocore.config import Config

    # The signature of a URL must be of version 4, and its host must name the region.
    config = Config(**settings, signature_version="s3v4", s3={"addressing_style": "virtual"})
    return _session().client("s3", config=config)


@cache
def _sqs() -> SQSClient:
    client: SQSClient = _session().client("sqs")
    return client


@cache
def _scheduler() -> EventBridgeSchedulerClient:
    client: EventBridgeSchedulerClient = _session().client("scheduler")
    return client


@cache
def _events() -> EventBridgeClient:
    client: EventBridgeClient = _session().client("events")
    return client


def _queue_urls(settings: Settings) -> dict[Stream, str]:
    return {Stream.TRANSACTIONAL: settings.queue_url, Stream.BULK: settings.bulk_queue_url}


@cache
def _settings() -> Settings:
    return Settings.from_environment(os.environ)


@cache
def _session() -> ClientSession:
    return ClientSession()


def _build_sender(timeouts: Timeouts) -> EmailSender:
    from amsdal_mail.backends.ses import SESBackend

    settings = _settings()
    # One attempt: a throttled email goes back on the queue, which can wait longer than a call.
    sender = SESBackend(
        configuration_set=settings.configuration_set,
        metadata_prefix=settings.metadata_prefix,
        max_attempts=1,
        connect_timeout=timeouts.ses_connect,
        read_timeout=timeouts.ses_read,
        session=_session(),
    )
    sender.open()
    return sender
