"""The deployed service as a program sees it: its API by HTTP, its queue by the library."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from amsdal_mail import get_connection
from amsdal_mail.backends.base import BaseBackend
from local.chaos.queues import depth
from local.stack.api_client import Response, call, get
from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.local_aws import LocalAWS
from local.stack.samples import Request
from local.stack.ses_simulator import control

__all__ = ["ATTACHMENT_BUCKET", "Service", "kinds", "message", "to"]

ATTACHMENT_BUCKET = "reports-of-the-tests"
"""A bucket that the setting attachment_buckets names."""

PATIENCE_SECONDS = 30
JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True)
class Service:
    """The deployed stack, with the calls that the tests make."""

    aws: LocalAWS

    def post(
        self, path: str, content: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        body = content if isinstance(content, str) else json.dumps(content)
        return call(self.aws.api_url, Request("POST", path, {**JSON_TYPE, **(headers or {})}, body))

    def patch(self, path: str, content: object) -> Response:
        request = Request("PATCH", path, {**JSON_TYPE}, json.dumps(content))
        return call(self.aws.api_url, request)

    def get(self, path: str) -> Response:
        return get(self.aws.api_url, path)

    def delete(self, path: str) -> Response:
        return call(self.aws.api_url, Request("DELETE", path, {}, ""))

    def queue(self) -> BaseBackend:
        return get_connection(
            "sqs",
            queue_url=self.aws.outputs["SendQueueUrl"],
            content_bucket=self.aws.outputs["ContentBucketName"],
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def put_on_queue(self, request: Mapping[str, Any]) -> str:
        """Put a request on the queue as any program can; return the record's id."""
        url, body = self.aws.outputs["SendQueueUrl"], json.dumps(request)
        return str(self.aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"])

    def wait_for(
        self,
        email_id: str,
        done: Callable[[dict[str, Any]], bool],
        seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """Return the email as soon as it is `done`; fail with its last response after `seconds`."""
        deadline = time.monotonic() + seconds
        response = Response(0, None)
        while time.monotonic() < deadline:
            response = self.get(f"/emails/{email_id}")
            if response.status == 200 and done(response.content):
                return dict(response.content)
            time.sleep(0.1)
        raise AssertionError(f"{email_id}: not as expected after {seconds} s: {response}")

    def wait_for_state(self, email_id: str, state: str) -> dict[str, Any]:
        return self.wait_for(email_id, lambda email: bool(email["state"] == state))

    def depth(self, output: str) -> int:
        """Count the messages of a queue, waiting, in flight and delayed."""
        return depth(self.aws, output)

    def wait_for_depth(self, output: str, depth: int, seconds: float) -> None:
        """Return as soon as a queue has at most so many messages; fail after `seconds`.

        Other tests leave messages with a long delay, of emails that wait for their sender.
        """
        deadline = time.monotonic() + seconds
        while self.depth(output) > depth:
            assert time.monotonic() < deadline, f"{output}: {self.depth(output)} after {seconds} s"
            time.sleep(0.5)

    def log_lines(self) -> list[str]:
        """Read everything that the functions logged."""
        logs = self.aws.client("logs")
        groups = logs.describe_log_groups()["logGroups"]
        return [
            event["message"]
            for group in groups
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]

    def sent_by_ses(self, email_id: str) -> list[dict[str, Any]]:
        """List the messages of an email that SES accepted."""
        messages = control(self.aws.ses_url, "GET", "messages")["messages"]
        return [message for message in messages if message["tags"].get("email_id") == [email_id]]


def kinds(email: Mapping[str, Any]) -> list[str]:
    return [event["kind"] for event in email["timeline"]]


def to(word: str) -> str:
    """Name a mailbox of SES's simulator."""
    return f"{word}@simulator.amazonses.com"


def message(*recipients: str, **fields: Any) -> dict[str, Any]:
    return {
        "subject": "Order 1234",
        "body": "Thank you.",
        "from_email": "orders@example.com",
        "to": list(recipients) or [to("success")],
    } | fields
