"""The files of a scheduled email wait with it, longer than uploads are kept."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail.exceptions import InvalidMessageError
from send_email.sending import scheduled_content
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3
from tests.unit.send_email.fakes import Clock, FakeSES
from tests.unit.send_email.test_schedules import EMAIL, ID, cancel, in_future, post, wake

__all__ = ["post", "wake"]

UPLOAD = "0123456789abcdef0123456789abcdef"
FILE = {"filename": "a.pdf", "mimetype": "application/pdf", "upload_id": UPLOAD}


@pytest.fixture
def scheduled(api: Api, s3: FakeS3) -> FakeS3:
    """The bucket, after an email with an uploaded file was scheduled and the upload has expired."""
    s3.put(CONTENT_BUCKET, f"uploads/{UPLOAD}", b"%PDF")
    email = {**EMAIL, "attachments": [FILE], "send_at": in_future(days=30)}
    response = api.post(email, Idempotency_Key=ID)
    assert response.status == 202, response
    del s3.objects[CONTENT_BUCKET, f"uploads/{UPLOAD}"]
    return s3


def test_uploaded_file_is_kept_until_the_email_is_sent(
    scheduled: FakeS3, wake: Any, clock: Clock, ses: FakeSES
) -> None:
    before = scheduled.keys("scheduled/")
    clock.forward(30 * 86_400)

    assert wake() == []

    (file,) = ses.sent[0].attachments
    assert len(before) == 2
    assert file.s3_uri in {f"s3://{CONTENT_BUCKET}/{key}" for key in before}
    assert scheduled.keys() == []


def test_canceled_email_leaves_no_file(scheduled: FakeS3, api: Api) -> None:
    assert cancel(api).status == 200

    assert scheduled.keys() == []


def test_canceled_email_goes_although_a_rule_changed(
    scheduled: FakeS3, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise InvalidMessageError.for_field("to", "has a new rule")

    monkeypatch.setattr(scheduled_content, "read_message", read)

    assert cancel(api).status == 200
    assert len(scheduled.keys("scheduled/")) == 1  # the file, which the lifecycle deletes


def test_repeated_request_leaves_no_second_content(scheduled: FakeS3, api: Api) -> None:
    scheduled.put(CONTENT_BUCKET, f"uploads/{UPLOAD}", b"%PDF")
    email = {**EMAIL, "attachments": [FILE], "send_at": in_future(days=30)}

    repeated = api.post(email, Idempotency_Key=ID)

    assert repeated.status == 202
    assert len(scheduled.keys("scheduled/")) == 2
