"""The deployed stack while SES misbehaves, workers die and everything comes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from local.chaos.faults import FAULTS_OFF, set_switches
from local.chaos.run import run
from local.paths import ROOT
from local.stack.environment import for_local_aws
from local.terminal.progress import silent
from tests.e2e.service import Service, message, to

EMAILS = 120
FAULTS = (
    "throttling responses",
    "refusals of an unverified sender",
    "requests ended by the gateway",
    "opens by a flood",
    "strangers on the topics",
    "workers killed",
)


@pytest.fixture
def misbehave(service: Service) -> Iterator[Callable[..., None]]:
    """Sets SES's switches, until the end of the test."""
    yield lambda **change: set_switches(service.aws.ses_url, change)
    set_switches(service.aws.ses_url, FAULTS_OFF)


def test_no_email_is_lost_or_sent_twice_in_chaos(service: Service) -> None:
    verdict = run(service.aws, EMAILS, seed=3, output=silent)

    assert verdict.is_good, verdict
    assert verdict.accepted_once == verdict.recipients
    assert all(verdict.extra_counts[name] for name in FAULTS)


def test_redriven_dead_letter_keeps_the_id_of_its_email(service: Service) -> None:
    sqs, dead = service.aws.client("sqs"), service.aws.outputs["SendDeadLetterQueueUrl"]
    unsent = sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(message()))["MessageId"]

    moved = subprocess.run(
        [sys.executable, "-m", "amsdal_mail.cli", "dead-letters", "redrive", "--stage", "dev"],
        cwd=ROOT, env=for_local_aws(os.environ, service.aws.endpoint),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.splitlines()[0] == "send: 1 moved"
    service.wait_for_state(unsent, "delivered")
    assert len(service.sent_by_ses(unsent)) == 1
    assert service.depth("SendDeadLetterQueueUrl") == 0


def test_throttled_request_is_queued_and_finished_later(
    service: Service, misbehave: Callable[..., None]
) -> None:
    misbehave(throttle={"calls": 2})

    response = service.post("/emails", message())

    assert response.status == 202
    assert response.content["state"] == "queued"
    service.wait_for_state(response.content["email_id"], "delivered")
    assert len(service.sent_by_ses(response.content["email_id"])) == 1


def test_lost_response_is_settled_by_an_event_of_ses(
    service: Service, misbehave: Callable[..., None]
) -> None:
    misbehave(drop_response={"calls": 1})

    response = service.post("/emails", message())

    assert response.status == 202
    assert response.content["state"] == "unknown"
    service.wait_for_state(response.content["email_id"], "delivered")
    second = service.post("/emails", message(), {"Idempotency-Key": response.content["email_id"]})
    assert second.status == 409
    assert len(service.sent_by_ses(response.content["email_id"])) == 1


@pytest.mark.parametrize("way", ["api", "queue"])
def test_each_of_hundreds_of_recipients_gets_the_email_once(service: Service, way: str) -> None:
    key = f"newsletter-{uuid4().hex}"
    people = [to(f"success+{number}") for number in range(199)] + [to(f"bounce+{key}")]
    newsletter = message(
        *people, body="Dear {{name}}", merge_data={}, merge_global_data={"name": "reader"}
    )

    if way == "api":
        assert service.post("/emails", newsletter, {"Idempotency-Key": key}).status == 202
    else:
        service.put_on_queue(newsletter | {"idempotency_key": key})

    email = service.wait_for(
        key, lambda email: email["counts"] == {"delivered": 199, "bounced": 1}, seconds=60
    )
    assert email["state"] == "bounced"
    assert len(service.sent_by_ses(key)) == 200
