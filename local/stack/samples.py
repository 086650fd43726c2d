"""The samples of `events/`, as HTTP requests, queue messages and templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.paths import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Request", "queue_bodies", "request", "template"]

CALLER_HEADERS = ("accept", "content-type", "idempotency-key", "prefer")


@dataclass(frozen=True)
class Request:
    """An HTTP request to the API."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


def request(name: str) -> Request:
    """Return the request of events/api/<name>.json, without the headers that a gateway adds."""
    event = _load("api", name)
    http = event["requestContext"]["http"]
    headers = {key: value for key, value in event["headers"].items() if key in CALLER_HEADERS}
    query = f"?{event['rawQueryString']}" if event.get("rawQueryString") else ""
    return Request(http["method"], event["rawPath"] + query, headers, event.get("body", ""))


def queue_bodies(name: str) -> list[str]:
    """Return the message bodies of events/send_email/<name>.json."""
    return [str(record["body"]) for record in _load("send_email", name)["Records"]]


def template(name: str) -> dict[str, Any]:
    """Return the CreateEmailTemplate request of events/templates/<name>.json."""
    return _load("templates", name)


def _load(folder: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EVENTS / folder / f"{name}.json").read_text())
    return content
