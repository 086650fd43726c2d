"""Shortens the delays of SQS messages, so that a test need not wait a quarter of an hour.

A PUT of `{"longest_seconds": 20}` to CONTROL_PATH shortens longer delays; null stops that.

This module runs in MiniStack's own environment.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.stack.http_api_gateway import whole_body
from local.stack.local_requests import decoded

if TYPE_CHECKING:
    from local.stack.local_requests import App, Message, Receive, Send

__all__ = ["ShortDelays", "shorten"]

CONTROL_PATH = "/_local/delays"
TARGETS = frozenset({"AmazonSQS.SendMessage", "AmazonSQS.SendMessageBatch"})
DELAY = "DelaySeconds"


class ShortDelays:
    """An ASGI application in front of MiniStack. It changes only requests that send messages."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.longest_seconds: int | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Shorten the delays of a request, and pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == CONTROL_PATH:
            self.longest_seconds = json.loads(await whole_body(receive))["longest_seconds"]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        elif self.longest_seconds is not None and _target(scope) in TARGETS:
            content = json.loads(await whole_body(receive))
            shorten(content, self.longest_seconds)
            body = json.dumps(content).encode()
            await self.app(_with_length(scope, len(body)), _once(body), send)
        else:
            await self.app(scope, receive, send)


def shorten(content: dict[str, Any], longest: int) -> None:
    """Shorten the delays of a SendMessage or SendMessageBatch request."""
    for message in (content, *content.get("Entries", ())):
        if message.get(DELAY, 0) > longest:
            message[DELAY] = longest


def _target(scope: Message) -> str:
    return decoded(scope["headers"]).get("x-amz-target", "")


def _with_length(scope: Message, length: int) -> Message:
    other_headers = [
        header for header in scope["headers"] if header[0].lower() != b"content-length"
    ]
    return {**scope, "headers": [*other_headers, (b"content-length", str(length).encode())]}


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
