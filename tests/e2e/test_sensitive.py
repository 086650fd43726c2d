"""A sensitive email on its whole path: no tracking, and no trace of its subject in the table."""

from __future__ import annotations

import json
import zlib
from typing import Any
from uuid import uuid4

import pytest

from local.stack.ses_simulator import control
from tests.e2e.service import Service, message, to


def reset(secret: str, mailbox: str, **fields: Any) -> dict[str, Any]:
    link = f"https://shop.example/reset?token={secret}"
    content = {
        "subject": f"Code {secret}",
        "body": link,
        "html_body": f'<a href="{link}">Reset</a>',
        "headers": {"X-Reset": secret},
        "tags": ["password-reset"],
    }
    return message(to(f"{mailbox}+{uuid4().hex}"), **content, **fields)


def everything_in_the_table(service: Service) -> str:
    """Scan the table, and unpack what is compressed."""
    pages = (
        service.aws.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=service.aws.outputs["TableName"])
    )
    return "\n".join(
        zlib.decompress(value["B"]).decode() if "B" in value else json.dumps(value)
        for page in pages
        for item in page["Items"]
        for value in item.values()
    )


def sent_html(service: Service, email_id: str) -> str:
    (listed,) = service.sent_by_ses(email_id)
    return str(control(service.aws.ses_url, "GET", f"messages/{listed['id']}")["html"])


@pytest.mark.parametrize("way", ["API", "queue"])
@pytest.mark.parametrize(("mailbox", "state"), [("complaint", "complained"), ("bounce", "bounced")])
def test_sensitive_email_leaves_no_trace(
    service: Service, way: str, mailbox: str, state: str
) -> None:
    secret, key = f"s3cr3t-{uuid4().hex}", f"reset-{uuid4().hex}"
    request = reset(secret, mailbox, sensitive=True, idempotency_key=key)

    if way == "API":
        assert service.post("/emails", request).status == 200
    else:
        service.put_on_queue(request)

    email = service.wait_for_state(key, state)
    html = sent_html(service, key)
    assert f'href="https://shop.example/reset?token={secret}"' in html
    assert "/L0/" not in html
    assert "/I0/" not in html
    assert (email["email"]["sensitive"], email["email"]["subject"]) == (True, "")
    assert email["email"]["tags"] == ["password-reset"]
    assert secret not in json.dumps(email)
    table = everything_in_the_table(service)
    assert key in table
    assert secret not in table
    assert secret not in "\n".join(service.log_lines())
    assert secret not in json.dumps(control(service.aws.ses_url, "GET", "messages"))


def test_other_email_is_tracked_and_its_subject_is_found(service: Service) -> None:
    secret, key = f"n0-s3cr3t-{uuid4().hex}", f"order-{uuid4().hex}"

    service.post("/emails", reset(secret, "success", idempotency_key=key))

    email = service.wait_for_state(key, "delivered")
    html = sent_html(service, key)
    assert "/L0/" in html
    assert "/I0/" in html
    assert (email["email"]["sensitive"], email["email"]["subject"]) == (False, f"Code {secret}")
    assert secret in everything_in_the_table(service)


@pytest.mark.parametrize(
    ("choice", "pixel", "link"),
    [({"track_opens": False}, False, True), ({"track_clicks": False}, True, False)],
    ids=["no opens", "no clicks"],
)
def test_email_chooses_its_own_tracking(
    service: Service, choice: dict[str, bool], pixel: bool, link: bool
) -> None:
    response = service.post("/emails", reset("x", "success", **choice))

    html = sent_html(service, response.content["email_id"])
    assert ("/I0/" in html) is pixel
    assert ("/L0/" in html) is link


def test_tracking_of_sensitive_email_is_refused(service: Service) -> None:
    response = service.post("/emails", reset("x", "success", sensitive=True, track_clicks=True))

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["track_clicks"]
