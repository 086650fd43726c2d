"""The two functions as Lambda calls them, in this process, with the stub as their AWS."""

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
RECIPIENT = "alice@example.net"
"""That of each email."""


LOG = io.StringIO()
"""The output of the functions: a Logger keeps the stream that it was made with."""


def handle_send(event: Json) -> str:
    """Send the emails of the event and return the log."""
    with contextlib.redirect_stdout(LOG):
        from send_email.function import handler

    return _handled(handler, event)


def handle_events(event: Json) -> str:
    """Track the SES events of the event and return the log."""
    with contextlib.redirect_stdout(LOG):
        from track_events.function import handler

    return _handled(handler, event)


def _handled(handler: Any, event: Json) -> str:
    LOG.seek(0)
    LOG.truncate()
    with contextlib.redirect_stdout(LOG):
        response = handler(event, Context())
    if response.get("batchItemFailures") or response.get("statusCode", 200) >= 300:
        raise AssertionError(f"failed: {response}; {LOG.getvalue()}")
    return LOG.getvalue()


def _sample(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def api_request(email_id: str) -> Json:
    """Return an HTTP request to send the plain sample."""
    event: Json = _sample(SAMPLES["api"])
    event["headers"]["idempotency-key"] = email_id
    body = json.loads(event["body"]) | {"idempotency_key": email_id, "to": [RECIPIENT]}
    return event | {"body": json.dumps(body), "isBase64Encoded": False}


def send_records(email_ids: Sequence[str]) -> Json:
    """Return a batch of the send queue: the plain sample for each id."""
    (record,) = _sample(SAMPLES["queue"])["Records"]
    body = json.loads(record["body"]) | {"to": [RECIPIENT]}
    return {
        "Records": [
            record | {"messageId": key, "body": json.dumps(body | {"idempotency_key": key})}
            for key in email_ids
        ]
    }


def delivered(email_id: str) -> list[Json]:
    """Return the events of an email that arrives: a Send and a Delivery event."""
    return [_of(_sample(f"ses/{kind}.json"), email_id) for kind in ("send", "delivery")]


def _of(event: Json, email_id: str) -> Json:
    event["mail"]["timestamp"] = "2026-03-02T09:15:30.120Z"
    event["mail"]["tags"]["email_id"] = [email_id]
    # As the stub accepted it: an event of another message is stored once more.
    event["mail"]["messageId"] = f"0100019b-{email_id}-000000"
    event["mail"]["destination"] = [RECIPIENT]
    if "delivery" in event:
        event["delivery"]["recipients"] = [RECIPIENT]
    return event


def event_records(events: Sequence[Json]) -> Json:
    """Return a batch of the event queue."""
    (record, *_) = _sample(SAMPLES["events"])["Records"]
    return {
        "Records": [
            record | {"messageId": str(number), "body": json.dumps(event, separators=(",", ":"))}
            for number, event in enumerate(events)
        ]
    }
