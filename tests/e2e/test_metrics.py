"""The numbers of GET /metrics, from the events of real emails through the deployed stack."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from local.stack.ses_simulator import control
from tests.e2e.service import PATIENCE_SECONDS, Service, message, to


def wait_for_totals(service: Service, query: str, expected: dict[str, int]) -> dict[str, Any]:
    """Return the metrics as soon as the numbers are as expected, and others are zero."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    content: dict[str, Any] = {}
    while time.monotonic() < deadline:
        content = dict(service.get(f"/metrics?{query}").content)
        if {name: number for name, number in content["totals"].items() if number} == expected:
            return content
        time.sleep(0.1)
    raise AssertionError(f"not as expected: {content['totals']}")


def test_five_emails_a_bounce_and_an_open_are_counted(service: Service) -> None:
    tag = f"metrics-{uuid4().hex}"
    mailboxes = [*(to(f"success+{number}") for number in range(4)), to("bounce+metrics")]
    sent = [
        service.post("/emails", message(mailbox, tags=[tag], html_body="<p>Hello</p>"))
        for mailbox in mailboxes
    ]
    ids = [response.content["email_id"] for response in sent]
    for email_id in ids[:4]:
        service.wait_for_state(email_id, "delivered")
    (accepted,) = service.sent_by_ses(ids[0])
    for bot in (True, False, False):
        control(
            service.aws.ses_url,
            "POST",
            f"messages/{accepted['id']}/events",
            {"kind": "open", "bot": bot},
        )
        time.sleep(0.01)  # times of SES have milliseconds: two opens within one are the same
    service.wait_for(ids[0], lambda email: bool(email["opens"] == 3))

    expected = {"accepted": 5, "delivered": 4, "bounced": 1, "opened": 1}
    content = wait_for_totals(service, f"tag={tag}", expected)

    today = content["to"]
    assert [row["stream"] for row in content["streams"]] == ["transactional"]
    assert [row["tag"] for row in content["tags"]] == [tag]
    assert [day["accepted"] for day in content["days"] if day["date"] == today] == [5]
    (domain,) = content["domains"]
    assert (domain["domain"], domain["delivered"]) == ("simulator.amazonses.com", 4)
    assert 0 < domain["seconds_p50"] <= domain["seconds_p99"] < 60


def test_invalid_query_is_refused_by_the_deployed_route(service: Service) -> None:
    response = service.get("/metrics?from=2026-12-02&to=2026-12-01")

    assert response.status == 422
    assert response.content["detail"][0]["field"] == "from"
