"""What events count for: each once, however often it is delivered and whatever fails."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from typing_extensions import override

from amsdal_mail.sensitive import SENSITIVE_TAG
from amsdal_mail.stream import Stream
from amsdal_mail.tracking import parse_event
from email_store.memory import MemoryEmailStore
from email_store.memory_metrics import MemoryMetricsStore
from email_store.metrics import DIRECT, OTHER, Measures, Series, Tally, add_up
from email_store.records import EmailRecord, EventRecord, KnownEvents
from email_store.store import StoreError
from tests.sample_events import load, names
from tests.unit.track_events.conftest import NOW, Handle, ListBus
from tests.unit.track_events.test_handler import NONE_FAILED, sqs
from tests.unit.track_events.test_service import about_alice
from track_events.metrics import is_by_machine, measure
from track_events.records import collapse_unattributed
from track_events.service import REPEATS_STORED, Tracker

DAY = date(2026, 3, 2)
RECORD = EmailRecord(
    email_id="e1",
    fingerprint="f",
    created_at=NOW,
    template_id="welcome",
    tags=("wel come", "shop"),
    stream=Stream.BULK,
)
SERIES = Series(day=DAY, stream="bulk", template_id="welcome", tags=("wel come", "shop"))


def at(payload: dict[str, Any], second: int = 0) -> dict[str, Any]:
    """The payload, of a message that SES accepted on DAY."""
    payload["mail"]["timestamp"] = f"2026-03-02T09:15:{second:02}.120Z"
    return payload


def measured(*payloads: Any, record: EmailRecord | None = RECORD) -> dict[Series, Any]:
    store = MemoryEmailStore()
    if record is not None:
        store.register(record, ["alice@example.net"])
    measures: Measures = []
    for payload in payloads:
        tracker = Tracker(store, ListBus(), lambda: NOW)
        tracker.track(parse_event(payload), Counter(), measures=measures)
    return {series: dict(numbers) for series, numbers in add_up(measures).items()}


def without_durations(tally: dict[Series, Any]) -> Counter[str]:
    total: Counter[str] = Counter()
    for numbers in tally.values():
        total.update({name: n for name, n in numbers.items() if not name.startswith("t")})
    return total


@pytest.mark.parametrize(
    ("sample", "count"),
    [
        ("send", "accepted"),
        ("bounce_permanent", "bounced"),
        ("bounce_transient", "soft_bounced"),
        ("bounce_undetermined", "soft_bounced"),
        ("bounce_out_of_office", "soft_bounced"),
        ("complaint", "complained"),
        ("reject", "rejected"),
        ("rendering_failure", "rejected"),
        ("open", "opened"),
        ("click", "clicked"),
    ],
)
def test_event_counts_for_the_series_of_its_email(sample: str, count: str) -> None:
    assert measured(at(about_alice(sample))) == {SERIES: {count: 1}}


def test_delivery_counts_for_its_domain_with_its_duration() -> None:
    payload = at(about_alice("delivery"))
    payload["delivery"]["processingTimeMillis"] = 800

    assert measured(payload) == {replace(SERIES, domain="example.net"): {"delivered": 1, "t12": 1}}


@pytest.mark.parametrize("milliseconds", [None, "soon", True, 1.5])
def test_missing_duration_is_the_difference_of_the_times(milliseconds: Any) -> None:
    payload = at(about_alice("delivery"))
    payload["delivery"] |= {
        "processingTimeMillis": milliseconds,
        "timestamp": "2026-03-02T09:15:00.920Z",
    }

    assert measured(payload) == {replace(SERIES, domain="example.net"): {"delivered": 1, "t12": 1}}


@pytest.mark.parametrize(
    "sample", ["delivery_delay", "complaint_not_spam", "subscription", "unknown_kind"]
)
def test_event_that_changes_no_number_counts_for_nothing(sample: str) -> None:
    assert measured(at(about_alice(sample))) == {}


def test_email_counts_for_the_day_on_which_it_was_accepted() -> None:
    late = at(about_alice("bounce_permanent"))
    late["bounce"]["timestamp"] = "2026-04-05T00:00:00Z"

    assert measured(late) == {SERIES: {"bounced": 1}}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-01-01"])
def test_mail_of_an_impossible_time_is_not_counted(time: str) -> None:
    payload = about_alice("bounce_permanent")
    payload["mail"]["timestamp"] = time

    assert measured(payload) == {}


def test_mail_past_the_service_is_a_stream_of_its_own() -> None:
    payload = at(load("ses/delivery_sent_by_someone_else"))
    (event,) = parse_event(payload)

    ((series, numbers),) = measured(payload, record=None).items()

    assert (series.stream, series.template_id, series.tags) == (DIRECT, None, event.tags)
    assert numbers["delivered"] == 1


def test_sensitive_email_counts_without_its_tags() -> None:
    sensitive = replace(RECORD, is_sensitive=True)

    assert measured(at(about_alice("send")), record=sensitive) == {
        replace(SERIES, tags=()): {"accepted": 1}
    }


def test_sensitive_mail_past_the_service_counts_without_tags() -> None:
    payload = at(about_alice("send"))
    payload["mail"]["tags"] = {SENSITIVE_TAG: ["true"], "reset": ["true"]}

    ((series, numbers),) = measured(payload, record=None).items()

    assert series == Series(day=DAY, stream=DIRECT)
    assert numbers == {"accepted": 1}


def test_address_that_was_not_sent_to_counts_for_nothing() -> None:
    payload = at(about_alice("bounce_permanent"))
    payload["bounce"]["bouncedRecipients"][0]["emailAddress"] = "forwarded@example.org"

    assert measured(payload) == {}


def test_each_recipient_of_a_message_is_counted() -> None:
    payload = at(about_alice("send"))
    payload["mail"]["destination"] = [f"r{number}@example.net" for number in range(120)]

    assert measured(payload) == {SERIES: {"accepted": 120}}


def test_complaint_of_one_of_several_candidates_is_one() -> None:
    assert without_durations(measured(at(load("ses/complaint_several_candidates")))) == {
        "complained": 1
    }


@pytest.mark.parametrize(("sample", "count"), [("open", "opened"), ("click", "clicked")])
def test_recipient_counts_once_however_often_they_open(sample: str, count: str) -> None:
    payloads = [at(about_alice(sample)) for _ in range(REPEATS_STORED + 5)]
    for number, payload in enumerate(payloads):
        payload[sample] = {**payload[sample], "timestamp": f"2026-03-03T10:00:{number:02}.000Z"}

    assert measured(*payloads) == {SERIES: {count: 1}}


@pytest.mark.parametrize(("sample", "count"), [("open", "opened"), ("click", "clicked")])
@pytest.mark.parametrize("machines", [1, REPEATS_STORED + 3])
def test_machines_do_not_count_and_hide_no_person(sample: str, count: str, machines: int) -> None:
    payloads = [at(about_alice(sample)) for _ in range(machines + 2)]
    for number, payload in enumerate(payloads):
        payload[sample] = {**payload[sample], "timestamp": f"2026-03-03T10:00:{number:02}.000Z"}
        payload[sample]["isBotEvent"] = "Likely" if number < machines else "Unlikely"

    assert measured(*payloads[:machines]) == {}
    assert measured(*payloads) == {SERIES: {count: 1}}


def test_opens_without_a_known_recipient_count_once() -> None:
    payloads = [at(load("ses/open_several_recipients")) for _ in range(3)]
    for number, payload in enumerate(payloads):
        payload["open"] = {**payload["open"], "timestamp": f"2026-03-03T10:00:{number:02}.000Z"}

    assert without_durations(measured(*payloads)) == {"opened": 1}


def test_domain_that_no_domain_can_be_is_other() -> None:
    payload = at(about_alice("delivery"))
    address = f"alice@{'x' * 300}"
    payload["mail"]["destination"] = payload["delivery"]["recipients"] = [address]

    ((series, _),) = measured(payload).items()

    assert series.domain == OTHER


# The handler: one write for the series of a batch, after the events.


class NotingMetricsStore(MemoryMetricsStore):
    """Notes the calls, and raises `failures` first."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Tally] = []
        self.failures: list[Exception] = []

    @override
    def count_metrics(self, tally: Tally) -> None:
        if self.failures:
            raise self.failures.pop()
        self.calls.append(tally)
        super().count_metrics(tally)


@pytest.fixture
def metrics_store() -> NotingMetricsStore:
    return NotingMetricsStore()


@pytest.fixture
def tracker(store: MemoryEmailStore, bus: ListBus) -> Tracker:
    """At the time of the test, as SQS records have it."""
    return Tracker(store, bus, lambda: NOW)


def recent(sample: str, email_id: str) -> dict[str, Any]:
    payload = at(about_alice(sample))
    payload["mail"]["tags"]["email_id"] = [email_id]
    payload["mail"]["messageId"] = f"ses-{email_id}"
    return payload


def totals(store: MemoryMetricsStore) -> Counter[str]:
    _, tally = store.read_metrics(date(2026, 1, 1), date(2026, 12, 31))
    return without_durations(dict(tally))


def test_series_of_a_batch_are_counted_in_one_call(
    handle: Handle, metrics_store: NotingMetricsStore
) -> None:
    handle(sqs(*(recent("send", f"e{number}") for number in range(8)), recent("delivery", "e1")))

    (tally,) = metrics_store.calls
    assert [dict(numbers) for series, numbers in tally.items() if not series.domain] == [
        {"accepted": 8}
    ]
    assert len(tally) == 2


def test_batch_without_news_writes_no_metrics(
    handle: Handle, metrics_store: NotingMetricsStore
) -> None:
    for _ in range(2):
        handle(sqs(recent("send", "e1"), recent("send", "e1")))

    assert len(metrics_store.calls) == 1
    assert totals(metrics_store) == {"accepted": 1}


@pytest.mark.parametrize("failure", [StoreError("down"), KeyError("alice@example.net")], ids=repr)
def test_failure_to_count_fails_no_event(
    failure: Exception,
    handle: Handle,
    metrics_store: NotingMetricsStore,
    store: MemoryEmailStore,
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics_store.failures.append(failure)

    response = handle(sqs(recent("send", "e1"), recent("send", "e2")))

    assert response == NONE_FAILED
    view = store.load("e1")
    assert view is not None
    assert len(view.timeline) == 1
    output = capsys.readouterr()
    lines = [json.loads(line) for line in output.out.splitlines()]
    (warning,) = [line for line in lines if line.get("level") == "WARNING"]
    assert warning["message"] == "metrics lost"
    assert "alice" not in output.out
    assert [line["MetricsLost"] for line in lines if "MetricsLost" in line] == [[2.0]]


def test_failed_record_is_counted_when_it_comes_again(
    handle: Handle, metrics_store: NotingMetricsStore, bus: ListBus
) -> None:
    bus.failures.append(StoreError("down"))
    batch = [recent("send", "e1"), recent("send", "e2"), recent("send", "e3")]

    failed = handle(sqs(*batch))["batchItemFailures"]
    assert len(failed) == 1
    assert totals(metrics_store) == {"accepted": 2}
    handle(sqs(*batch))

    assert totals(metrics_store) == {"accepted": 3}


def test_notification_without_a_queue_is_counted_too(
    handle: Handle, metrics_store: NotingMetricsStore
) -> None:
    handle(recent("bounce_permanent", "e1"))

    assert totals(metrics_store) == {"bounced": 1}


@pytest.mark.parametrize("name", names("ses"))
def test_each_sample_is_counted_once(
    name: str, handle: Handle, metrics_store: NotingMetricsStore
) -> None:
    for _ in range(3):
        assert handle(sqs(load(name), load(name))) == NONE_FAILED

    counted = totals(metrics_store)
    expected = collapse_unattributed(parse_event(load(name)))
    # Of several candidates for a complaint, nobody knows which one complained.
    known = [event for event in expected if event.is_recipient_known or event is expected[0]]
    counting = [event for event in known if measure(event, None, NOW) is not None]
    people = [event for event in counting if not is_by_machine(event)]
    assert sum(counted.values()) == len(people)


# Random streams of events, with repeats and failures, against counting the distinct events.


class CrashError(Exception):
    """A part of the table is down."""


class FlakyStore(MemoryEmailStore):
    """Fails now and then, before or after a write."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    @override
    def find_events(self, email_id: str, events: Collection[EventRecord]) -> KnownEvents:
        self._maybe()
        return super().find_events(email_id, events)

    @override
    def add_event(
        self, event: EventRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        self._maybe()
        return super().add_event(event, now=now, record=record)

    def _maybe(self) -> None:
        if self.rng.random() < 0.15:
            raise CrashError


SAMPLES = ["send", "delivery", "bounce_permanent", "bounce_transient", "complaint", "reject"]
COUNTS = ["accepted", "delivered", "bounced", "soft_bounced", "complained", "rejected"]
KIND_OBJECTS = {"bounce_permanent": "bounce", "bounce_transient": "bounce"}
KINDS = dict(zip(SAMPLES, COUNTS, strict=True)) | {"open": "opened", "click": "clicked"}


Entry = tuple[str, dict[str, Any]]


def random_event(rng: random.Random) -> Entry:
    sample, number = rng.choice([*KINDS]), rng.randrange(6)
    payload = recent(sample, f"e{number}")
    payload["mail"]["timestamp"] = f"2026-03-0{1 + number % 3}T09:15:00.120Z"
    reported = payload.get(KIND_OBJECTS.get(sample, sample), {})
    second = rng.randrange(4)
    if "timestamp" in reported:
        reported["timestamp"] = f"2026-03-04T09:15:0{second}.120Z"
    if sample in {"open", "click"}:
        reported["isBotEvent"] = "Unlikely" if second % 2 else "Likely"
    return sample, payload


def brute_force(entries: Collection[Entry]) -> Counter[tuple[str, str, str]]:
    """Count the distinct events by day, tag and what they count for."""
    seen: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for sample, payload in entries:
        email_id = payload["mail"]["tags"]["email_id"][0]
        reported = payload.get(KIND_OBJECTS.get(sample, sample), {})
        if reported.get("isBotEvent") == "Likely":
            continue
        is_engagement = sample in {"open", "click"}
        identity = "" if is_engagement else reported.get("timestamp", "")
        day, tag = payload["mail"]["timestamp"][:10], f"tag-{int(email_id[1:]) % 3}"
        seen[email_id, sample, identity] = day, tag, KINDS[sample]
    return Counter(seen.values())


@pytest.mark.parametrize("seed", range(25))
def test_totals_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    store = FlakyStore(rng)
    for number in range(6):
        record = replace(RECORD, email_id=f"e{number}", tags=(f"tag-{number % 3}",))
        store.register(record, ["alice@example.net"])
    metrics_store, tracker = MemoryMetricsStore(), Tracker(store, ListBus(), lambda: NOW)
    batches = [[random_event(rng) for _ in range(rng.randint(1, 10))] for _ in range(40)]
    done: list[Entry] = []

    for batch in batches:
        waiting = batch * rng.choice([1, 1, 2])
        while waiting:
            measures: Measures = []
            failed = []
            for entry in waiting:
                try:
                    tracker.track(parse_event(entry[1]), Counter(), measures=measures)
                except CrashError:
                    failed.append(entry)
                else:
                    done.append(entry)
            metrics_store.count_metrics(add_up(measures))
            waiting = failed + ([rng.choice(batch)] if rng.random() < 0.3 else [])

    found: Counter[tuple[str, str, str]] = Counter()
    _, tally = metrics_store.read_metrics(date(2026, 3, 1), date(2026, 3, 3))
    for series, numbers in tally.items():
        for name, number in numbers.items():
            if not name.startswith("t"):
                found[str(series.day), series.tags[0], name] += number
    assert found == brute_force(done)
