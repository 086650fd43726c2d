"""Emails of a chaos run that are sent later, canceled or too late, beside all others."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.chaos.emails import Email
from local.chaos.load import PAUSE_SECONDS, status_of
from local.stack.samples import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.stack.local_aws import LocalAWS

__all__ = ["TimedEmails", "schedules_left"]

EMAILS_PER_TIMED = 10
"""Of so many emails, one more is timed."""
CLIENTS = 2
AHEAD_SECONDS = (2.0, 15.0)
SHORTEST, LONGEST = 0.0, 5.0
"""Seconds until an email expires that is put on the queue."""
CALL = timedelta(seconds=5)
"""How long a call of SES may take. One that began in time is not too late."""
JSON_TYPE = {"content-type": "application/json"}
DONE = {HTTPStatus.OK, HTTPStatus.ACCEPTED}


@dataclass
class TimedEmails:
    """Sends timed emails, and remembers what the service promised about them."""

    aws: LocalAWS
    count: int
    rng: random.Random
    deadline: float
    kept: list[Email] = field(default_factory=list)
    """Scheduled emails that were acknowledged and not canceled: they must be sent."""
    canceled: set[str] = field(default_factory=set)
    expiries: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def beside(cls, emails: int, aws: LocalAWS, seed: int, deadline: float) -> TimedEmails:
        """Return the timed emails of a run with so many emails."""
        rng = random.Random(seed)  # noqa: S311 - repeatable, not a secret
        return cls(aws, emails // EMAILS_PER_TIMED, rng, deadline)

    @property
    def keys(self) -> set[str]:
        """The ids of all timed emails."""
        return {self._key(number) for number in range(self.count)}

    def send(self) -> None:
        """Schedule, move and cancel emails, and queue emails that expire."""
        seeds = [self.rng.random() for _ in range(self.count)]
        with ThreadPoolExecutor(CLIENTS, "timed") as pool:
            list(pool.map(self._send, range(self.count), seeds))

    def sent_after_cancel(self, messages: Iterable[Mapping[str, Any]]) -> int:
        """Count the messages that SES accepted of canceled emails."""
        return sum(_email_id(message) in self.canceled for message in messages)

    def sent_after_expiry(self, messages: Iterable[Mapping[str, Any]]) -> int:
        """Count the messages that SES accepted after their email expired."""
        return sum(
            datetime.fromisoformat(message["time"]) > self.expiries[email_id] + CALL
            for message in messages
            if (email_id := _email_id(message)) in self.expiries
        )

    def _send(self, number: int, seed: float) -> None:
        rng, key = random.Random(seed), self._key(number)  # noqa: S311
        email = Email(key, (f"{key}@example.com",), {
            "subject": "Reminder", "body": "Tomorrow.", "from_email": "orders@example.com",
            "to": [f"{key}@example.com"],
        })  # fmt: skip
        if number % 4 == 3:
            self._put_on_queue(email, rng)
            return
        request = {**email.request, "send_at": _in_future(rng.uniform(*AHEAD_SECONDS))}
        if self._until_done("POST", "/emails", request, key) not in DONE:
            return
        if number % 4 == 1:
            change = {"send_at": _in_future(rng.uniform(*AHEAD_SECONDS))}
            self._until_done("PATCH", f"/emails/{key}", change)
        if number % 4 == 2:
            time.sleep(rng.uniform(0, AHEAD_SECONDS[0]))
            if self._until_done("POST", f"/emails/{key}/cancel", None) == HTTPStatus.OK:
                self.canceled.add(key)
                return
        self.kept.append(email)

    def _put_on_queue(self, email: Email, rng: random.Random) -> None:
        expires_at = datetime.now(UTC) + timedelta(seconds=rng.uniform(SHORTEST, LONGEST))
        self.expiries[email.key] = expires_at
        request = {**email.request, "expires_at": expires_at.isoformat()}
        body = json.dumps({**request, "idempotency_key": email.key})
        url = self.aws.outputs["SendQueueUrl"]
        self.aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)

    def _until_done(self, method: str, path: str, content: Any, key: str = "") -> int:
        """Repeat a request until it is done, or refused for good; return the last status."""
        headers = {**JSON_TYPE, **({"idempotency-key": key} if key else {})}
        body = "" if content is None else json.dumps(content)
        request = Request(method, path, headers, body)
        status = int(HTTPStatus.SERVICE_UNAVAILABLE)
        while time.monotonic() < self.deadline:
            status = status_of(self.aws, request)
            is_over = status == HTTPStatus.CONFLICT and not key
            if status in DONE or is_over:
                return status
            time.sleep(PAUSE_SECONDS)
        return status

    @staticmethod
    def _key(number: int) -> str:
        return f"chaos-timed-{number}"


def schedules_left(aws: LocalAWS) -> int:
    """Count the emails that EventBridge Scheduler keeps."""
    group = aws.outputs["ScheduleGroupName"]
    return len(aws.client("scheduler").list_schedules(GroupName=group)["Schedules"])


def _email_id(message: Mapping[str, Any]) -> str:
    (email_id,) = message["tags"].get("email_id", [""])
    return str(email_id)


def _in_future(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
