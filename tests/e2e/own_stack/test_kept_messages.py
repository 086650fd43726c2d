"""A stack that keeps messages, with IAM enforced: look into an email, and send it again."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import httpx
import pytest

from local.chaos.run import SHORT_TIMES
from local.stack.local_aws import LocalAWS
from local.terminal.progress import silent
from tests.e2e.own_stack.test_permissions import allow_batches
from tests.e2e.service import Service, message, to

MB = 1024 * 1024


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The stack with the setting, in a local AWS that checks signatures and policies."""
    run_dir = tmp_path_factory.mktemp("keeping") / "run"
    settings = SHORT_TIMES | {"content_retention_days": "7"}
    with LocalAWS(run_dir, output=silent, settings=settings, strict=True) as aws:
        allow_batches(aws)
        yield Service(aws)


def raw(service: Service, email_id: str) -> bytes:
    """Return the only message of an email, as SES got it."""
    (sent,) = service.sent_by_ses(email_id)
    url = f"{service.aws.ses_url}/_local/messages/{sent['id']}/raw"
    return httpx.get(url, timeout=60).content


def files_of(service: Service, email_id: str) -> list[bytes]:
    parts = message_from_bytes(raw(service, email_id), policy=default).iter_attachments()
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[misc]


def test_kept_message_is_shown_and_sent_again(keeping: Service) -> None:
    content = os.urandom(100_000)
    file = {
        "filename": "bill.pdf",
        "mimetype": "application/pdf",
        "content": base64.b64encode(content).decode(),
    }
    request = message(html_body="<b>Thank you.</b>" * 200, attachments=[file])
    email_id = keeping.post("/emails", request).content["email_id"]
    keeping.wait_for_state(email_id, "delivered")

    shown = keeping.get(f"/emails/{email_id}/content")
    other = to(f"success+{uuid4().hex}")
    again = keeping.post(f"/emails/{email_id}/resend", {"to": [other]})
    repeated = keeping.post(
        f"/emails/{email_id}/resend", "", {"Idempotency-Key": again.content["email_id"]}
    )

    assert shown.status == 200, shown
    (link,) = shown.content["attachments"]
    assert (link["filename"], link["size"]) == ("bill.pdf", len(content))
    assert httpx.get(link["url"]).content == content
    whole = httpx.get(shown.content["message_url"])
    assert whole.json()["html_body"] == request["html_body"]
    assert shown.content["message"] == {k: v for k, v in request.items() if k != "attachments"}
    assert (again.status, again.content["resent_from"]) == (200, email_id), again
    assert repeated.status == 409
    email = keeping.wait_for_state(again.content["email_id"], "delivered")
    assert email["email"]["resent_from"] == email_id
    assert [recipient["address"] for recipient in email["recipients"]] == [other]
    assert files_of(keeping, again.content["email_id"]) == [content]


def test_failed_recipient_gets_a_queued_email_again(keeping: Service) -> None:
    bounced = to(f"bounce+{uuid4().hex}")
    request = message(to("success"), bounced, merge_data={}, attachments=[uploaded(keeping)])
    key = f"waiting-{uuid4().hex}"
    first = keeping.post("/emails", request, {"Prefer": "respond-async", "Idempotency-Key": key})
    keeping.wait_for(key, lambda email: email["counts"] == {"bounced": 1, "delivered": 1})

    again = keeping.post(f"/emails/{key}/resend", {"only_failed": True})

    assert first.status == 202, first
    # SES reported the bounce, so that the address is suppressed now.
    assert again.status == 422, again
    assert [each["address"] for each in again.content["recipients"]] == [bounced]
    assert keeping.get(f"/emails/{key}").content["email"]["has_content"] is True


def uploaded(service: Service) -> dict[str, str]:
    size = {"size": MB, "mimetype": "application/pdf"}
    upload = service.post("/uploads", size).content
    put = httpx.put(upload["url"], headers=upload["headers"], content=bytes(MB), timeout=60)
    assert put.status_code == 200, put.text
    return {"filename": "a.pdf", "mimetype": "application/pdf", "upload_id": upload["upload_id"]}


def test_sensitive_message_is_not_kept(keeping: Service) -> None:
    email_id = keeping.post("/emails", message(sensitive=True)).content["email_id"]

    shown = keeping.get(f"/emails/{email_id}/content")
    again = keeping.post(f"/emails/{email_id}/resend", "")

    assert (shown.status, again.status) == (409, 409)
    assert shown.content["message"] == "The email is sensitive. Its message is never kept."
    listed = keeping.aws.client("s3").list_objects_v2(
        Bucket=keeping.aws.outputs["ContentBucketName"], Prefix=f"kept/{email_id}/"
    )
    assert listed.get("KeyCount", 0) == 0
