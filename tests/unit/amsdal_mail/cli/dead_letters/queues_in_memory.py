"""SQS in memory, and a stage whose clients are fakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from botocore.exceptions import ClientError

from amsdal_mail.cli.stage import Stage

__all__ = ["DEAD", "OUTPUTS", "SENT", "Queues", "fake_stage", "refusal"]

SENT = {"SentTimestamp": "1796092293145", "ApproximateReceiveCount": "11"}
DEAD = "https://sqs/1/dead"
OUTPUTS = {
    "ApiUrl": "https://api",
    "SendQueueUrl": "https://sqs/1/AmsdalMail-prod-SendQueue4B0C8F5F-New1",
    "SendDeadLetterQueueUrl": DEAD,
    "BulkQueueUrl": "https://sqs/1/bulk",
    "EventQueueUrl": "https://sqs/1/events",
    "EventDeadLetterQueueUrl": "https://sqs/1/dead-events",
    "EngagementQueueUrl": "https://sqs/1/engagements",
    "SendFunctionName": "send",
    "TrackFunctionName": "track",
}


def refusal(code: str, operation: str = "SendMessage", text: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": text}},
        operation,
    )


class Queues:
    """SQS in memory. A received message stays hidden, unless it `shows_again`."""

    def __init__(
        self,
        bodies: list[str],
        *,
        shows_again: bool = False,
        delayed: int = 0,
        names: list[str] | None = None,
    ) -> None:
        self.delayed = delayed
        self.dead: list[dict[str, Any]] = [
            {"MessageId": f"id-{body}", "Body": body, "Attributes": SENT} for body in bodies
        ]
        self.shows_again = shows_again
        self.names = names or []
        self.hidden: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.received: list[str] = []
        self.unreadable: Exception | None = None

    def receive_message(self, *, QueueUrl: str, **call: Any) -> dict[str, Any]:  # noqa: N803
        if self.unreadable:
            raise self.unreadable
        most = call["MaxNumberOfMessages"]
        visible = [m for m in self.dead if m["MessageId"] not in self.hidden][:most]
        self.received += [message["MessageId"] for message in visible]
        if not self.shows_again:
            self.hidden |= {message["MessageId"] for message in visible}
        return {"Messages": [{**m, "ReceiptHandle": m["MessageId"]} for m in visible]}

    def send_message(self, **call: Any) -> None:
        if call["MessageBody"].startswith("too large"):
            raise refusal("InvalidParameterValue", text="too long")
        self.sent.append(call)

    def get_queue_attributes(self, **_call: Any) -> dict[str, Any]:
        in_flight = sum(message["MessageId"] in self.hidden for message in self.dead)
        counts = {"": len(self.dead) - in_flight, "Delayed": self.delayed, "NotVisible": in_flight}
        return {
            "Attributes": {
                f"ApproximateNumberOfMessages{name}": str(n) for name, n in counts.items()
            }
        }

    def delete_message(self, *, ReceiptHandle: str, **_call: Any) -> None:  # noqa: N803
        self.dead = [m for m in self.dead if m["MessageId"] != ReceiptHandle]

    def change_message_visibility_batch(self, *, Entries: Any, **_call: Any) -> None:  # noqa: N803
        assert len(Entries) <= 10
        self.hidden -= {entry["ReceiptHandle"] for entry in Entries}

    def get_paginator(self, _operation: str) -> Queues:
        return self

    def paginate(self, *, QueueNamePrefix: str, **_call: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        names = [name for name in self.names if name.startswith(QueueNamePrefix)]
        yield {}
        yield {"QueueUrls": [f"https://sqs/1/{name}" for name in names]}


class _Session:
    def __init__(self, clients: Mapping[str, Any]) -> None:
        self.clients = clients

    def client(self, service: str, **_options: Any) -> Any:
        return self.clients[service]


def fake_stage(clients: Mapping[str, Any], outputs: Mapping[str, str] = OUTPUTS) -> Stage:
    session = cast("Any", _Session(clients))
    return Stage("prod", "eu-west-1", "AmsdalMail-prod", outputs, session)
