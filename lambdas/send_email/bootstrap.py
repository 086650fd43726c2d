"""Builds the collaborators of the handler from the environment, once per worker."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from functools import cache, partial

from function_runtime.clients import CLIENT_CONFIG
from send_email.queue.send_queue import SendQueue
from send_email.sending.rate_limit import SendRateLimiter
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from send_email.settings import Settings
from send_email.suppressions import Suppressions

__all__ = ["build_service", "build_suppressions"]


@cache
def build_service() -> SendService:
    """Build the service with its AWS clients.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    import boto3
    from botocore.config import Config

    from amsdal_mail.backends.ses import SESBackend
    from email_store.dynamodb.store import DynamoDBEmailStore

    settings = Settings.from_environment(os.environ)
    timeouts = Timeouts.from_settings(settings.timeout_seconds, settings.lost_response_seconds)
    session = boto3.Session()
    config = Config(**CLIENT_CONFIG)
    # One attempt: a throttled email goes back on the queue, which can wait longer than a call.
    sender = SESBackend(
        configuration_set=settings.configuration_set,
        metadata_prefix=settings.metadata_prefix,
        max_attempts=1,
        read_timeout=timeouts.ses_read,
        session=session,
    )
    sender.open()
    return SendService(
        store=DynamoDBEmailStore(
            session.client("dynamodb", config=config),
            settings.table_name,
            timedelta(days=settings.retention_days),
        ),
        sender=sender,
        queue=SendQueue(session.client("sqs", config=config), settings.queue_url),
        send_rate=SendRateLimiter(settings.max_send_rate, settings.max_concurrency),
        timeouts=timeouts,
        clock=partial(datetime.now, UTC),
        jitter=random.random,
    )


@cache
def build_suppressions() -> Suppressions:
    """Build the suppression lists, at the first request for them."""
    import boto3
    from botocore.config import Config

    ses = boto3.client("sesv2", config=Config(**CLIENT_CONFIG))
    return Suppressions(build_service().store, ses)
