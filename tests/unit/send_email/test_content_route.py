"""GET /emails/{email_id}/content shows the kept message, or says why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.records import EventRecord
from send_email.contents.kept_contents import S3KeptContents
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import email
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, s3_error
from tests.unit.send_email.fakes import NOW, Clock
from tests.unit.send_email.kept_world import (
    DAYS,
    FILE,
    kept,
    kept_record,
    schedules,
    seconds,
    service,
)
from tests.unit.send_email.test_records import batch

__all__ = ["kept", "schedules", "seconds", "service"]

KEY = {"Idempotency_Key": "k"}
REPORT = {"filename": "r.pdf", "mimetype": "application/pdf", "s3_uri": "s3://reports/11.pdf"}


def content(api: Api, email_id: str = "k") -> Any:
    response = api("GET", f"/emails/{email_id}/content")
    assert response.status == 200, response
    return response.content


def test_message_is_shown_as_it_was_sent(api: Api) -> None:
    sent = email(
        html_body="<b>Hello</b>", cc=["Ben <ben@example.com>"], metadata={"order": "1"}, tags=["a"]
    )
    api.post(sent, **KEY)

    shown = content(api)

    assert shown["email_id"] == "k"
    assert shown["message"] == sent
    assert (shown["attachments"], shown["left_out"]) == ([], [])
    assert shown["expires_at"] == "2026-02-27T10:30:31+00:00"
    assert shown["message_url"].endswith("/message.json?get_object")


def test_files_come_as_links_without_their_bytes(api: Api, s3: FakeS3) -> None:
    api.post(email(attachments=[FILE | {"content_id": "logo"}]), **KEY)

    shown = content(api)

    (file,) = shown["attachments"]
    assert {name: file[name] for name in file if name != "url"} == {
        "filename": "a b.txt",
        "content_type": "text/plain; charset=utf-8",
        "content_id": "logo",
        "size": 3,
    }
    assert file["url"].startswith(f"https://{CONTENT_BUCKET}.example/kept/k/")
    assert "UERG" not in str(shown)
    assert "attachments" not in shown["message"]


def test_browser_saves_a_file_instead_of_showing_it(api: Api, s3: FakeS3) -> None:
    """An HTML file of a stranger must not run as a page of the bucket."""
    page = FILE | {"filename": "ä\"';.html", "mimetype": "text/html"}
    api.post(email(attachments=[page]), **KEY)

    content(api)

    signed = next(each for each in s3.signed if "ResponseContentDisposition" in each)
    assert signed["ResponseContentDisposition"] == (
        "attachment; filename*=UTF-8''%C3%A4%22%27%3B.html"
    )
    assert signed["ResponseContentType"] == "text/html; charset=utf-8"


def test_zipped_message_is_unzipped_for_its_link(api: Api, s3: FakeS3) -> None:
    api.post(email(body="Hello " * 500), **KEY)

    shown = content(api)

    assert shown["message"]["body"] == "Hello " * 500
    assert s3.signed[0]["ResponseContentEncoding"] == "gzip"


def test_object_that_is_gone_has_no_link(api: Api, s3: FakeS3) -> None:
    s3.put("reports", "11.pdf", b"report")
    api.post(email(attachments=[REPORT]), **KEY)
    s3.put("reports", "11.pdf", b"another report")

    (file,) = content(api)["attachments"]

    assert (file["filename"], file["size"], file["url"]) == ("r.pdf", None, None)


def test_fields_too_large_for_a_response_are_named(api: Api) -> None:
    api.post(email(body="x" * 4_000_000, html_body="<b>Hello</b>"), **KEY)

    shown = content(api)

    assert shown["left_out"] == ["body"]
    assert shown["message"] == {
        name: value for name, value in email(html_body="<b>Hello</b>").items() if name != "body"
    }


def test_no_cache_keeps_the_response(api: Api) -> None:
    api.post(email(), **KEY)

    headers = api("GET", "/emails/k/content").headers

    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("email_id", ["other", "a%2Fb", "%20", "x" * 500])
def test_unknown_email_is_not_found(api: Api, email_id: str) -> None:
    assert api("GET", f"/emails/{email_id}/content").status == 404


def reason(api: Api, email_id: str = "k") -> str:
    response = api("GET", f"/emails/{email_id}/content")
    assert response.status == 409, response
    return str(response.content["message"])


def test_sensitive_message_is_refused(api: Api) -> None:
    api.post(email(sensitive=True), **KEY)

    assert reason(api) == "The email is sensitive. Its message is never kept."


def test_message_is_refused_from_its_time_on(api: Api, clock: Clock) -> None:
    api.post(email(), **KEY)
    clock.forward(DAYS * 86_400 - 1)
    assert content(api)

    clock.forward(1)

    assert reason(api) == ("The message of the email was kept until 2026-03-06T10:15:31+00:00.")
    assert api("GET", "/emails/k").content["email"]["has_content"] is False


def test_message_that_was_deleted_early_is_refused(api: Api, s3: FakeS3) -> None:
    api.post(email(), **KEY)
    s3.objects.clear()

    assert reason(api) == "The message of the email is not there any more."


@pytest.mark.parametrize("damaged", [b"\x1f\x8bno zip", b"", b"\x1f\x8b"])
def test_damaged_message_is_refused(
    api: Api, s3: FakeS3, store: MemoryEmailStore, damaged: bytes
) -> None:
    api.post(email(body="Hello " * 500), **KEY)
    s3.put(CONTENT_BUCKET, kept_record(store, "k").content_key or "", damaged)

    assert reason(api) == "The message of the email is not there any more."


def test_message_that_was_not_kept_is_refused(api: Api, s3: FakeS3) -> None:
    s3.raises = [s3_error("PutObject", "SlowDown")]
    api.post(email(), **KEY)

    assert reason(api) == "The message of the email was not kept."


def test_invalid_email_is_refused(api: Api, handle: Handle) -> None:
    handle(batch(email(subject="a\nb", idempotency_key="k")))

    assert reason(api) == "The email was rejected as invalid. Such a message is not kept."


def test_email_sent_past_the_service_is_refused(api: Api, store: MemoryEmailStore) -> None:
    event = EventRecord(email_id="ses-1", event_id="e", kind="send", at=NOW, message_id="1")
    store.add_event(event, now=NOW)

    assert reason(api, "ses-1").startswith("The email was not sent by this service")


def test_outage_of_the_bucket_can_be_retried(api: Api, s3: FakeS3) -> None:
    api.post(email(), **KEY)
    s3.raises = [s3_error("GetObject", "SlowDown")]

    assert api("GET", "/emails/k/content").status == 503


def test_all_objects_of_an_email_are_deleted(
    api: Api, s3: FakeS3, kept: S3KeptContents, store: MemoryEmailStore
) -> None:
    api.post(email(attachments=[FILE]), **KEY)
    api.post(email(), Idempotency_Key="k2")
    s3.put(CONTENT_BUCKET, "kept/k/of-a-crash/0", b"left")
    record = kept_record(store, "k")

    assert kept.delete_content(record) == 3
    assert kept.delete_content(record) == 0

    assert s3.keys() == [kept_record(store, "k2").content_key]
    assert reason(api) == "The message of the email is not there any more."
