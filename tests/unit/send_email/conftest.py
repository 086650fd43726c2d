from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

import pytest

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import RecipientStatus, RetryHint, SendState, SendStatus
from amsdal_mail.stream import Stream
from email_store.memory import MemoryEmailStore
from email_store.rate_note import RateNote
from send_email.contents.attachment_files import S3AttachmentFiles
from send_email.contents.s3_content_store import S3ContentStore
from send_email.contents.uploads import Uploads
from send_email.handler import create_handler
from send_email.sending.job import SendJob
from send_email.sending.notices import Notice
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from send_email.sending.timeouts import Timeouts
from send_email.sending.timers import Timer
from send_email.suppressions import Suppressions
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3, lazily

IDENTITIES = frozenset({"example.com", "Me.Too@example.org"})
TIMEOUTS = Timeouts.from_settings(60, 900)
API_TIMEOUTS = Timeouts.for_api(60, 900)
NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
Handle = Callable[..., Any]


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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ses() -> FakeSES:
    return FakeSES()


@pytest.fixture
def queue() -> ListQueue:
    return ListQueue()


@pytest.fixture
def send_rate() -> FakeSendRate:
    return FakeSendRate()


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def contents(s3: FakeS3) -> S3ContentStore:
    return S3ContentStore(lazily(s3), CONTENT_BUCKET)


@pytest.fixture
def uploads(s3: FakeS3, clock: Clock) -> Uploads:
    return Uploads(lazily(s3), CONTENT_BUCKET, clock)


@pytest.fixture
def store() -> MemoryEmailStore:
    return MemoryEmailStore()


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


@pytest.fixture
def bus() -> ListBus:
    return ListBus()


@pytest.fixture
def timers() -> ListTimers:
    return ListTimers()


@pytest.fixture
def schedules(
    store: MemoryEmailStore,
    contents: S3ContentStore,
    timers: ListTimers,
    queue: ListQueue,
    bus: ListBus,
    clock: Clock,
) -> Schedules:
    return Schedules(
        store=store, contents=contents, timers=timers, queue=queue, bus=bus, clock=clock
    )


@pytest.fixture
def service(
    store: MemoryEmailStore,
    ses: FakeSES,
    queue: ListQueue,
    send_rate: FakeSendRate,
    clock: Clock,
    s3: FakeS3,
    contents: S3ContentStore,
    schedules: Schedules,
    bus: ListBus,
) -> SendService:
    return SendService(
        store=store,
        sender=ses,
        queue=queue,
        contents=contents,
        files=S3AttachmentFiles(lazily(s3), CONTENT_BUCKET, ("reports", "archive/2026/")),
        send_rate=send_rate,
        identities=IDENTITIES,
        timeouts=TIMEOUTS,
        clock=clock,
        jitter=lambda: 0.0,
        schedules=lambda: schedules,
        bus=bus,
    )


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

    def delete_suppressed_destination(self, *, EmailAddress: str) -> None:  # noqa: N803
        self.get_suppressed_destination(EmailAddress=EmailAddress)
        del self.entries[EmailAddress]


@pytest.fixture
def ses_list() -> FakeSESList:
    return FakeSESList()


@pytest.fixture
def suppressions(store: MemoryEmailStore, ses_list: FakeSESList) -> Suppressions:
    return Suppressions(store, ses_list)  # type: ignore[arg-type]


@pytest.fixture
def handle(
    service: SendService,
    suppressions: Suppressions,
    uploads: Uploads,
    monkeypatch: pytest.MonkeyPatch,
) -> Handle:
    """The handler as Lambda calls it, with a store in memory and no SES."""
    # A logger of the same service would keep writing to the captured output of an earlier test.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"send_email-{uuid4().hex}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AmsdalMail")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    # In the test: pytest captures each phase anew.
    api_service = replace(service, timeouts=API_TIMEOUTS)
    made = cache(
        lambda: create_handler(
            lambda: service, lambda: api_service, lambda: suppressions, lambda: uploads
        )
    )
    return lambda event, **context: made()(event, Context(**context))  # type: ignore[arg-type]


@dataclass(frozen=True)
class ApiResponse:
    status: int
    headers: Mapping[str, str]
    content: Any


ROUTES = (
    "POST /emails",
    "POST /emails/batch",
    "POST /uploads",
    "GET /emails/{email_id}",
    "PATCH /emails/{email_id}",
    "POST /emails/{email_id}/cancel",
    "GET /suppressions",
    "DELETE /suppressions",
    "GET /openapi.json",
    "GET /docs",
)


@dataclass(frozen=True)
class Api:
    """Calls the handler as the HTTP API does. `mapping` is the key of a custom domain."""

    handle: Handle
    mapping: str = ""

    def __call__(
        self,
        method: str,
        url: str,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse:
        text = content if isinstance(content, str) else json.dumps(content)
        raw_path, _, query = url.partition("?")
        key, parameters = route_of(method, raw_path)
        # The gateway decodes the path, and ends it at a question mark.
        path = self.mapping + unquote(raw_path).partition("?")[0]
        event = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"content-type": "application/json"} | dict(headers or {}),
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": text,
            "isBase64Encoded": False,
        }
        if parameters:
            event["pathParameters"] = parameters
        if query:
            event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
        return read(self.handle(event))

    def post(self, content: Any, **headers: str) -> ApiResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("POST", "/emails", content, named)


def route_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the key of the route and the path parameters, as the gateway finds them."""
    for key in sorted(ROUTES, key=lambda key: "{" in key):
        verb, _, template = key.partition(" ")
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
        if verb == method and (match := re.fullmatch(pattern, path)):
            return key, {name: unquote(value) for name, value in match.groupdict().items()}
    return "$default", {}


def read(response: dict[str, Any]) -> ApiResponse:
    assert response["isBase64Encoded"] is False
    headers = {name.lower(): value for name, value in response["headers"].items()}
    is_json = headers["content-type"] == "application/json"
    content = json.loads(response["body"]) if is_json and response["body"] else response["body"]
    return ApiResponse(response["statusCode"], headers, content)


@pytest.fixture
def api(handle: Handle) -> Api:
    return Api(handle)
