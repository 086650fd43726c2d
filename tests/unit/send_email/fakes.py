"""Fakes of what the service calls: SES, queues, rate, timers, bus and clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.rate_note import RateNote
from send_email.sending.job import SendJob
from send_email.sending.notices import Notice
from send_email.sending.timers import Timer

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeSES:
    """Accepts every message, unless a result or an error is set."""

    sent: list[EmailMessage] = field(default_factory=list)
    tags: list[Mapping[str, str]] = field(default_factory=list)
    results: dict[str, RecipientStatus] = field(default_factory=dict)
    raises: list[Exception] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_one(self, message: EmailMessage, *, extra_tags: Mapping[str, str]) -> SendStatus:
        self.before()
        with self._lock:
            if self.raises:
                raise self.raises.pop()
            self.sent.append(message)
            self.tags.append(extra_tags)
            number = len(self.sent)
        return SendStatus.from_recipients(
            self.results.get(address.addr_spec)
            or RecipientStatus(address.addr_spec, SendState.ACCEPTED, f"ses-{number}")
            for address in message.recipients
        )

    def respond(
        self, address: str, state: SendState, retry: RetryHint = RetryHint.NO, code: str = "Code"
    ) -> None:
        self.results[address] = RecipientStatus(address, state, None, code, "text", retry)

    @property
    def addresses(self) -> list[list[str]]:
        """The recipients of each message."""
        return [[address.addr_spec for address in message.recipients] for message in self.sent]


@dataclass
class ListQueue:
    """Keeps the jobs that are put on it, with their delays."""

    entries: list[tuple[SendJob, int]] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)

    bodies: list[tuple[str, int]] = field(default_factory=list)
    discarded: list[SendJob] = field(default_factory=list)

    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        self.bodies.append((body, delay_seconds))

    def discard(self, job: SendJob) -> None:
        self.discarded.append(job)

    def stream_of(self, queue_name: str) -> Stream | None:
        """Queues are called by their streams here."""
        return Stream(queue_name) if queue_name in set(Stream) else None

    def put(self, jobs: Iterable[SendJob], delay_seconds: int = 0) -> None:
        if self.raises:
            raise self.raises.pop()
        self.entries += [(job, delay_seconds) for job in jobs]

    @property
    def jobs(self) -> list[SendJob]:
        return [job for job, _ in self.entries]


@dataclass
class FakeSendRate:
    """Lets a job send at once, or refuses. Keeps the recipient counts."""

    is_free: bool = True
    largest_call: int = 50
    asked: list[int] = field(default_factory=list)
    given_back: list[int] = field(default_factory=list)
    learned: list[tuple[Stream, RateNote]] = field(default_factory=list)

    def wait(self, stream: Stream, recipients: int, at_most: float) -> bool:
        self.asked.append(recipients)
        return self.is_free and at_most >= 0

    def give_back(self, stream: Stream, recipients: int) -> None:
        self.given_back.append(recipients)

    def wants_note(self) -> bool:
        return True

    def learn(self, stream: Stream, note: RateNote) -> None:
        self.learned.append((stream, note))


@dataclass(frozen=True)
class Context:
    """The parts of Lambda's context that Powertools reads."""

    function_name: str = "SendFunction"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:SendFunction"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    remaining: float = 60
    """Seconds."""

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining * 1000)


@dataclass
class ListBus:
    """Keeps the notices that are published."""

    notices: list[Notice] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)

    def publish(self, notice: Notice) -> None:
        if self.raises:
            raise self.raises.pop()
        self.notices.append(notice)


@dataclass
class ListTimers:
    """Keeps the timers that are set. Those that wait near are kept apart."""

    entries: list[Timer] = field(default_factory=list)
    near: list[Timer] = field(default_factory=list)
    dropped: list[Timer] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)

    def set(self, timer: Timer, now: datetime) -> None:
        if self.raises:
            raise self.raises.pop()
        self.entries.append(timer)

    def set_near(self, timer: Timer, now: datetime) -> None:
        self.near.append(timer)

    def drop(self, timer: Timer) -> None:
        self.dropped.append(timer)


@dataclass
class FakeSESList:
    """A boto3 client with SES's suppression list, which keeps letter case."""

    entries: dict[str, str] = field(default_factory=dict)
    raises: list[Exception] = field(default_factory=list)

    class exceptions:  # noqa: N801 - boto3's own name
        class NotFoundException(Exception):  # noqa: N818
            pass

    def get_suppressed_destination(self, *, EmailAddress: str) -> dict[str, Any]:  # noqa: N803
        if self.raises:
            raise self.raises.pop()
        if EmailAddress not in self.entries:
            raise self.exceptions.NotFoundException
        reason = self.entries[EmailAddress]
        return {"SuppressedDestination": {"Reason": reason, "LastUpdateTime": NOW}}

    def list_suppressed_destinations(
        self,
        *,
        PageSize: int,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        if self.raises:
            raise self.raises.pop()
        start = int(NextToken)
        rows = [
            {"EmailAddress": address, "Reason": reason, "LastUpdateTime": NOW}
            for address, reason in self.entries.items()
        ][start : start + PageSize]
        page = {"SuppressedDestinationSummaries": rows}
        is_last = start + PageSize >= len(self.entries)
        return page if is_last else {**page, "NextToken": str(start + PageSize)}

    def delete_suppressed_destination(self, *, EmailAddress: str) -> None:  # noqa: N803
        self.get_suppressed_destination(EmailAddress=EmailAddress)
        del self.entries[EmailAddress]
