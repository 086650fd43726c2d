from __future__ import annotations

from dataclasses import replace
from functools import cache
from uuid import uuid4

import pytest

from email_store.memory import MemoryEmailStore
from email_store.memory_metrics import MemoryMetricsStore
from send_email.contents.attachment_files import S3AttachmentFiles
from send_email.contents.s3_content_store import S3ContentStore
from send_email.contents.uploads import Uploads
from send_email.handler import create_handler
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from send_email.suppressions import Suppressions
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, lazily
from tests.unit.send_email.fakes import (
    Clock,
    Context,
    FakeSendRate,
    FakeSES,
    FakeSESList,
    ListBus,
    ListQueue,
    ListTimers,
)

IDENTITIES = frozenset({"example.com", "Me.Too@example.org"})
TIMEOUTS = Timeouts.from_settings(60, 900)
API_TIMEOUTS = Timeouts.for_api(60, 900)

SCOPE_PREFIX = "x/"
"""What the issuer puts before the scopes of this stage."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ses() -> FakeSES:
    return FakeSES()


@pytest.fixture
def queue() -> ListQueue:
    return ListQueue()


@pytest.fixture
def send_rate() -> FakeSendRate:
    return FakeSendRate()


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def contents(s3: FakeS3) -> S3ContentStore:
    return S3ContentStore(lazily(s3), CONTENT_BUCKET)


@pytest.fixture
def uploads(s3: FakeS3, clock: Clock) -> Uploads:
    return Uploads(lazily(s3), CONTENT_BUCKET, clock)


@pytest.fixture
def store() -> MemoryEmailStore:
    return MemoryEmailStore()


@pytest.fixture
def metrics_store() -> MemoryMetricsStore:
    return MemoryMetricsStore()


@pytest.fixture
def bus() -> ListBus:
    return ListBus()


@pytest.fixture
def timers() -> ListTimers:
    return ListTimers()


@pytest.fixture
def schedules(
    store: MemoryEmailStore,
    contents: S3ContentStore,
    timers: ListTimers,
    queue: ListQueue,
    bus: ListBus,
    clock: Clock,
) -> Schedules:
    return Schedules(
        store=store, contents=contents, timers=timers, queue=queue, bus=bus, clock=clock
    )


@pytest.fixture
def service(
    store: MemoryEmailStore,
    ses: FakeSES,
    queue: ListQueue,
    send_rate: FakeSendRate,
    clock: Clock,
    s3: FakeS3,
    contents: S3ContentStore,
    schedules: Schedules,
    bus: ListBus,
) -> SendService:
    return SendService(
        store=store,
        sender=ses,
        queue=queue,
        contents=contents,
        files=S3AttachmentFiles(lazily(s3), CONTENT_BUCKET, ("reports", "archive/2026/")),
        send_rate=send_rate,
        identities=IDENTITIES,
        timeouts=TIMEOUTS,
        clock=clock,
        jitter=lambda: 0.0,
        schedules=lambda: schedules,
        bus=bus,
    )


@pytest.fixture
def ses_list() -> FakeSESList:
    return FakeSESList()


@pytest.fixture
def suppressions(store: MemoryEmailStore, ses_list: FakeSESList) -> Suppressions:
    return Suppressions(store, ses_list)  # type: ignore[arg-type]


@pytest.fixture
def handle(
    service: SendService,
    suppressions: Suppressions,
    uploads: Uploads,
    metrics_store: MemoryMetricsStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Handle:
    """The handler as Lambda calls it, with a store in memory and no SES."""
    # A logger of the same service would keep writing to the captured output of an earlier test.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"send_email-{uuid4().hex}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AmsdalMail")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    # In the test: pytest captures each phase anew.
    api_service = replace(service, timeouts=API_TIMEOUTS)
    made = cache(
        lambda: create_handler(
            lambda: service,
            lambda: api_service,
            lambda: suppressions,
            lambda: uploads,
            lambda: metrics_store,
            lambda: SCOPE_PREFIX,
        )
    )
    return lambda event, **context: made()(event, Context(**context))  # type: ignore[arg-type]


@pytest.fixture
def api(handle: Handle) -> Api:
    return Api(handle)
