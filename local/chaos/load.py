"""The load of a chaos run: half by the API, half by the queue, and much of it twice."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import URLError

from local.chaos.queues import WORK, depth
from local.stack.api_client import call
from local.stack.samples import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.chaos.emails import Email
    from local.stack.local_aws import LocalAws

CLIENTS = 4
"""Of the API, each with one request at a time."""
BATCH_SIZE = 10
"""Messages that SQS takes in one call."""
PAUSE_SECONDS = 0.5
DEEPEST = 200
"""Messages on the queues before more are dropped there: a lost answer is waited for as long as
events take at the most, and a flood on a small machine would hold them up beyond that."""
TWICE = 0.2
"""Of the emails are asked for once more with the same key: by the queue, in any order."""


def send(
    aws: LocalAws, emails: Sequence[Email], chance: random.Random, deadline: float
) -> set[str]:
    """Send all of them; return the keys of those that were acknowledged.

    A client of the API asks again, with the same key, until it is; `deadline` ends its patience.
    """
    by_api = [one for number, one in enumerate(emails) if number % 2]
    by_queue = [one for number, one in enumerate(emails) if not number % 2]
    again = [one for one in emails if chance.random() < TWICE]
    dropped = [*by_queue, *again]
    chance.shuffle(dropped)
    with ThreadPoolExecutor(CLIENTS + 1, "client") as pool:
        queueing = pool.submit(_drop, aws, dropped)
        answers = list(pool.map(lambda one: _post(aws, one, deadline), by_api))
        queueing.result()
    acknowledged = {one.key for one, answer in zip(by_api, answers, strict=True) if answer}
    return acknowledged | {one.key for one in dropped}


def _drop(aws: LocalAws, emails: Sequence[Email]) -> None:
    sqs, url = aws.client("sqs"), aws.outputs["SendQueueUrl"]
    for start in range(0, len(emails), BATCH_SIZE):
        batch = enumerate(emails[start : start + BATCH_SIZE])
        entries = [{"Id": str(number), "MessageBody": one.body} for number, one in batch]
        failed = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
        if failed:
            raise RuntimeError(f"the queue did not take {failed}")
        while depth(aws, *WORK) > DEEPEST:
            time.sleep(PAUSE_SECONDS)


def _post(aws: LocalAws, email: Email, deadline: float) -> bool:
    headers = {"content-type": "application/json", "idempotency-key": email.key}
    request = Request("POST", "/emails", headers, json.dumps(email.request))
    while time.monotonic() < deadline:
        status = _status(aws, request)
        if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            return True
        if status != HTTPStatus.CONFLICT and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RuntimeError(f"the API answered {status} to {email.key}")
        time.sleep(PAUSE_SECONDS)
    return False


def _status(aws: LocalAws, request: Request) -> int:
    try:
        return call(aws.api_url, request).status
    except (URLError, TimeoutError, ConnectionError, HTTPException, ValueError):
        # No answer, or none in JSON: MiniStack's own, when a worker died.
        return HTTPStatus.SERVICE_UNAVAILABLE
