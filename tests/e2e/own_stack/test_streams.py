"""Password resets beside bulk mail that waits, on a deployed stack with SES's rate enforced."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from local.chaos.faults import set_switches
from local.chaos.run import SHORT_TIMES
from local.stack.local_aws import LocalAWS
from local.stack.ses_simulator import control
from local.terminal.progress import silent
from tests.e2e.service import Service, message, to

RATE = 10
BULK = 300
RESETS = 20
SECONDS_BETWEEN = 0.25
PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The stack with a rate that SES enforces."""
    settings = {**SHORT_TIMES, "max_send_rate": str(RATE), "send_timeout_seconds": "30"}
    settings["lost_response_seconds"] = "60"
    run_dir = tmp_path_factory.mktemp("paced") / "run"
    with LocalAWS(run_dir, output=silent, settings=settings) as aws:
        set_switches(aws.ses_url, {"max_send_rate": RATE})
        yield Service(aws)


def put_bulk_emails(service: Service, key: str) -> None:
    url, sqs = service.aws.outputs["BulkQueueUrl"], service.aws.client("sqs")
    for first in range(0, BULK, 10):
        entries = [
            {
                "Id": str(number),
                "MessageBody": json.dumps(message(idempotency_key=f"{key}-{number}")),
            }
            for number in range(first, first + 10)
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def put_large_email(service: Service, key: str) -> None:
    people = [to(f"success+{number}") for number in range(BULK)]
    request = message(*people, merge_data={}, idempotency_key=key)
    assert service.post("/emails", request).status == 202


def warm_up(service: Service) -> None:
    """Let the local AWS start the workers: here, that takes seconds on a busy machine."""
    keys = [f"warm-{uuid4().hex}" for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: reset(service, key, by_api=True), keys[:6]))
    for key in keys[6:]:
        reset(service, key, by_api=False)
    accepted_at(service, set(keys))


def reset(service: Service, key: str, *, by_api: bool) -> datetime:
    """Ask for a password reset, and return when it was asked for."""
    asked = datetime.now(UTC)
    request = message(idempotency_key=key)
    if by_api:
        assert service.post("/emails", request).status in {200, 202}
    else:
        service.put_on_queue(request)
    return asked


def accepted_at(service: Service, keys: set[str]) -> dict[str, datetime]:
    """Wait until SES has accepted the emails, and return when it did."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    times: dict[str, datetime] = {}
    while keys - times.keys():
        assert time.monotonic() < deadline, f"not accepted: {keys - times.keys()}"
        listed: list[dict[str, Any]] = control(service.aws.ses_url, "GET", "messages")["messages"]
        for sent in listed:
            (key,) = sent["tags"].get("email_id", [""])
            if key in keys:
                times[key] = datetime.fromisoformat(sent["time"])
        time.sleep(0.5)
    return times


@pytest.mark.parametrize(
    "put_bulk", [put_bulk_emails, put_large_email], ids=["300 emails", "an email to 300"]
)
def test_resets_go_first_while_bulk_mail_waits(
    paced: Service, put_bulk: Callable[[Service, str], None]
) -> None:
    run = uuid4().hex
    put_bulk(paced, f"bulk-{run}")
    paced.wait_for_depth("BulkQueueUrl", BULK, 10)
    warm_up(paced)

    asked = {}
    with ThreadPoolExecutor(RESETS) as pool:
        for number in range(RESETS):
            key = f"reset-{run}-{number}"
            asked[key] = pool.submit(reset, paced, key, by_api=bool(number % 2))
            time.sleep(SECONDS_BETWEEN)
    times = accepted_at(paced, set(asked))

    waits = sorted((times[key] - asked[key].result()).total_seconds() for key in asked)
    assert waits[int(RESETS * 0.95) - 1] <= 3, [round(wait, 2) for wait in waits]
    assert paced.depth("BulkQueueUrl") > 0
