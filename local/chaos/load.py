"""The load of a chaos run: half by the API, half by the queue, and a part of it twice."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from uuid import uuid4

from local.chaos.queues import depth
from local.chaos.strangers import foreign_attributes
from local.stack.api_client import call
from local.stack.samples import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.chaos.emails import Email
    from local.stack.local_aws import LocalAWS

__all__ = ["CLIENTS", "PAUSE_SECONDS", "send", "status_of"]

CLIENTS = 4
"""Clients of the API. Each makes one request at a time."""
BATCH_SIZE = 10
"""The most entries of SendMessageBatch:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""
SEND_QUEUES = ("SendQueueUrl", "BulkQueueUrl")
PAUSE_SECONDS = 0.5
MAX_QUEUE_DEPTH = 200
"""The most messages on the queues: the load waits until there are fewer.

The service waits for the event of a lost response only as long as events usually take. With more
messages, a small machine would take longer."""
DUPLICATE_SHARE = 0.2
"""The share of emails that are requested again with the same key, by the queue, in any order."""


def send(aws: LocalAWS, emails: Sequence[Email], rng: random.Random, deadline: float) -> set[str]:
    """Send all emails; return the keys of those that were acknowledged.

    A client of the API repeats a request with the same key until it is acknowledged, or until
    `deadline` on the monotonic clock.
    """
    by_api = [email for number, email in enumerate(emails) if number % 2]
    by_queue = [email for number, email in enumerate(emails) if not number % 2]
    duplicates = [email for email in emails if rng.random() < DUPLICATE_SHARE]
    queued = [*by_queue, *duplicates]
    rng.shuffle(queued)
    with ThreadPoolExecutor(CLIENTS + 1, "client") as pool:
        queueing = pool.submit(_put_on_queue, aws, queued, rng)
        results = list(pool.map(lambda email: _post(aws, email, deadline), by_api))
        queueing.result()
    acknowledged = {email.key for email, is_ok in zip(by_api, results, strict=True) if is_ok}
    return acknowledged | {email.key for email in queued}


def _put_on_queue(aws: LocalAWS, emails: Sequence[Email], rng: random.Random) -> None:
    """Put the emails on the queues of both streams, also on the wrong queue."""
    sqs, s3, bucket = aws.client("sqs"), aws.client("s3"), aws.outputs["ContentBucketName"]
    for start in range(0, len(emails), BATCH_SIZE):
        url = aws.outputs[rng.choice(SEND_QUEUES)]
        batch = enumerate(emails[start : start + BATCH_SIZE])
        entries = [
            {
                "Id": str(number),
                "MessageBody": _body(email, s3, bucket) if email.is_heavy else email.body,
                **foreign_attributes(rng),
            }
            for number, email in batch
        ]
        failed = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
        if failed:
            raise RuntimeError(f"the queue did not accept {failed}")
        while depth(aws, *SEND_QUEUES, "EventQueueUrl") > MAX_QUEUE_DEPTH:
            time.sleep(PAUSE_SECONDS)


def _body(email: Email, s3: Any, bucket: str) -> str:
    """Put the request of a large email into the bucket, and return a body that names it."""
    key, content = f"queued/{uuid4().hex}", email.body.encode()
    etag = s3.put_object(Bucket=bucket, Key=key, Body=content)["ETag"].strip('"')
    stored = {"key": key, "size": len(content), "etag": etag}
    return json.dumps({"stored_request": stored, "idempotency_key": email.key})


def _post(aws: LocalAWS, email: Email, deadline: float) -> bool:
    headers = {"content-type": "application/json", "idempotency-key": email.key}
    request = Request("POST", "/emails", headers, json.dumps(email.request))
    while time.monotonic() < deadline:
        status = status_of(aws, request)
        if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            return True
        if status != HTTPStatus.CONFLICT and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RuntimeError(f"the API returned {status} for {email.key}")
        time.sleep(PAUSE_SECONDS)
    return False


def status_of(aws: LocalAWS, request: Request) -> int:
    """Make a request to the API, and return its status: 503 without a response."""
    try:
        return call(aws.api_url, request).status
    except (URLError, TimeoutError, ConnectionError, HTTPException, ValueError):
        # No response, or MiniStack's own after a worker died, which is not JSON.
        return HTTPStatus.SERVICE_UNAVAILABLE
