"""A service that keeps messages. Import its fixtures, and name them in `__all__`."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord
from send_email.contents.kept_contents import S3KeptContents
from send_email.sending.keeping import Keeper
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, lazily
from tests.unit.send_email.fakes import Clock

__all__ = [
    "DAYS",
    "FILE",
    "Seconds",
    "kept",
    "kept_document",
    "kept_record",
    "schedules",
    "seconds",
    "service",
]

DAYS = 7
FILE = {"filename": "a b.txt", "content": "UERG", "mimetype": "text/plain"}
"""A file with the content PDF."""


@dataclass
class Seconds:
    """A clock that only goes forward."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def kept(s3: FakeS3, clock: Clock, seconds: Seconds) -> S3KeptContents:
    allowed = ("reports", "archive/2026/")
    retention = timedelta(days=DAYS)
    return S3KeptContents(lazily(s3), CONTENT_BUCKET, allowed, retention, clock, seconds)


@pytest.fixture
def schedules(
    schedules: Schedules, kept: S3KeptContents, store: MemoryEmailStore, clock: Clock
) -> Schedules:
    keeper = Keeper(contents=kept, store=store, clock=clock)
    return replace(schedules, keeper=lambda: keeper)


@pytest.fixture
def service(service: SendService, schedules: Schedules) -> SendService:
    return replace(service, keeper=schedules.keeper)


def kept_record(store: MemoryEmailStore, email_id: str) -> EmailRecord:
    view = store.load(email_id)
    assert view is not None
    assert view.record is not None
    return view.record


def kept_document(s3: FakeS3, key: str | None) -> dict[str, Any]:
    """Return the JSON of a kept message, as it is in the bucket."""
    content = s3.objects[CONTENT_BUCKET, key or ""]
    document = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return dict(json.loads(document))
