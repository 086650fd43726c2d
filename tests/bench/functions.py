"""The two functions as Lambda calls them, in this process, with the stand-in as their AWS."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from typing import Any

from tests.bench.cold_child import EVENTS, SAMPLES, Context

__all__ = [
    "api_request",
    "delivered",
    "event_records",
    "handle_events",
    "handle_send",
    "send_records",
]

Json = dict[str, Any]


LOG = io.StringIO()
"""What the functions write to: a Logger keeps the output it was made with."""


def handle_send(event: Json) -> str:
    """Send what the event holds; return what was logged."""
    with contextlib.redirect_stdout(LOG):
        from send_email.function import handler

    return _handled(handler, event)


def handle_events(event: Json) -> str:
    """Track what the event holds; return what was logged."""
    with contextlib.redirect_stdout(LOG):
        from track_events.function import handler

    return _handled(handler, event)


def _handled(handler: Any, event: Json) -> str:
    LOG.seek(0)
    LOG.truncate()
    with contextlib.redirect_stdout(LOG):
        answer = handler(event, Context())
    if answer.get("batchItemFailures") or answer.get("statusCode", 200) >= 300:
        raise AssertionError(f"failed: {answer}; {LOG.getvalue()}")
    return LOG.getvalue()


def _sample(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def api_request(email_id: str) -> Json:
    """One HTTP request to send the plain sample."""
    event: Json = _sample(SAMPLES["api"])
    event["headers"]["idempotency-key"] = email_id
    body = json.loads(event["body"]) | {"idempotency_key": email_id}
    return event | {"body": json.dumps(body), "isBase64Encoded": False}


def send_records(email_ids: Sequence[str]) -> Json:
    """One batch of the send queue: the plain sample for each id."""
    (record,) = _sample(SAMPLES["queue"])["Records"]
    body = json.loads(record["body"])
    return {
        "Records": [
            record | {"messageId": one, "body": json.dumps(body | {"idempotency_key": one})}
            for one in email_ids
        ]
    }


def delivered(email_id: str) -> list[Json]:
    """What SES tells of an email that arrives: a Send and a SendJob event."""
    return [_of(_sample(f"ses/{kind}.json"), email_id) for kind in ("send", "delivery")]


def _of(event: Json, email_id: str) -> Json:
    event["mail"]["timestamp"] = "2026-03-02T09:15:30.120Z"
    event["mail"]["tags"]["email_id"] = [email_id]
    event["mail"]["messageId"] = f"0100019b-{email_id}-000000"
    return event


def event_records(events: Sequence[Json]) -> Json:
    """One batch of the event queue."""
    (record, *_) = _sample(SAMPLES["events"])["Records"]
    return {
        "Records": [
            record | {"messageId": str(number), "body": json.dumps(one, separators=(",", ":"))}
            for number, one in enumerate(events)
        ]
    }
