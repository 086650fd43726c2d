from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from typing_extensions import override

from amsdal_mail.tracking import EventKind, TrackingEvent, parse_event
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Suppression
from email_store.states import EmailState
from tests.sample_events import load
from tests.unit.track_events.conftest import NOW, ListBus
from track_events.service import REPEATS_STORED, OutOfTimeError, Tracker, metric_of

ADDRESS = "alice@example.net"


def about_alice(sample: str, **changes: Any) -> dict[str, Any]:
    """A sample event, changed to concern the same email to Alice each time."""
    payload: dict[str, Any] = load(f"ses/{sample}")
    payload["mail"] |= {"destination": [ADDRESS], "messageId": "ses-1"}
    payload["mail"]["tags"] = {"email_id": ["e1"]}
    for name in ("bouncedRecipients", "complainedRecipients", "delayedRecipients"):
        for event_object in payload.values():
            if isinstance(event_object, dict) and name in event_object:
                event_object[name][0]["emailAddress"] = ADDRESS
    return payload | changes


def state_after(tracker: Tracker, store: MemoryEmailStore, samples: list[str]) -> EmailState:
    for sample in samples:
        tracker.track(parse_event(about_alice(sample)), Counter())
    view = store.load("e1")
    assert view is not None
    assert len(view.timeline) == len(samples)
    return view.recipients[0].state


@pytest.mark.parametrize(
    ("sample", "state"),
    [
        ("send", EmailState.ACCEPTED),
        ("delivery", EmailState.DELIVERED),
        ("bounce_permanent", EmailState.BOUNCED),
        ("bounce_transient", EmailState.SOFT_BOUNCED),
        ("bounce_undetermined", EmailState.SOFT_BOUNCED),
        ("complaint", EmailState.COMPLAINED),
        ("complaint_suppression_list", EmailState.COMPLAINED),
        ("reject", EmailState.REJECTED),
        ("open", EmailState.OPENED),
        ("click", EmailState.CLICKED),
        ("rendering_failure", EmailState.REJECTED),
        ("delivery_delay", EmailState.DELAYED),
    ],
    ids=lambda value: value,
)
def test_each_kind_gives_the_recipient_its_state(
    sample: str, state: EmailState, tracker: Tracker, store: MemoryEmailStore
) -> None:
    assert state_after(tracker, store, [sample]) is state


@pytest.mark.parametrize("sample", ["complaint_not_spam", "subscription", "unknown_kind"])
def test_event_without_a_state_changes_no_state(
    sample: str, tracker: Tracker, store: MemoryEmailStore
) -> None:
    assert state_after(tracker, store, ["delivery", sample]) is EmailState.DELIVERED


@pytest.mark.parametrize(
    ("samples", "state"),
    [
        (["send", "delivery_delay", "delivery"], EmailState.DELIVERED),
        (["delivery", "bounce_out_of_office"], EmailState.DELIVERED),
        (["delivery", "open", "bounce_permanent", "delivery_delay"], EmailState.BOUNCED),
        (["send", "delivery", "complaint"], EmailState.COMPLAINED),
        (["complaint", "complaint_not_spam", "click"], EmailState.COMPLAINED),
        (["send", "rendering_failure"], EmailState.REJECTED),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
def test_the_order_in_which_events_arrive_makes_no_difference(
    samples: list[str], state: EmailState
) -> None:
    for order in permutations(samples):
        store = MemoryEmailStore()
        assert state_after(Tracker(store, ListBus(), lambda: NOW), store, list(order)) is state


def test_open_by_an_unknown_recipient_changes_no_state(
    tracker: Tracker, store: MemoryEmailStore, bus: ListBus
) -> None:
    counts: Counter[str] = Counter()

    for _ in range(2):
        tracker.track(parse_event(load("ses/open_several_recipients")), counts)

    view = store.load("order-1021")
    assert view is not None
    assert view.recipients == ()
    assert [event.recipient for event in view.timeline] == [None]
    assert [(event.recipient, event.is_recipient_known) for event in bus.events] == [(None, False)]
    assert +counts == {"OpenEvents": 1, "DuplicateEvents": 1}


def test_complaint_suppresses_all_possible_complainers(
    tracker: Tracker, store: MemoryEmailStore
) -> None:
    counts: Counter[str] = Counter()

    tracker.track(parse_event(load("ses/complaint_several_candidates")), counts)

    assert counts["ComplaintEvents"] == 1
    everyone = {"carol@example.net", "dave@example.net", "erin@example.org"}
    assert store.suppressed(everyone) == everyone - {"erin@example.org"}


def test_a_bounce_keeps_its_type_and_the_remote_servers_words(
    tracker: Tracker, store: MemoryEmailStore
) -> None:
    tracker.track(parse_event(about_alice("bounce_permanent")), Counter())

    view = store.load("e1")
    assert view is not None
    (recipient,) = view.recipients
    assert recipient.error_code == "Permanent/General"
    assert "User unknown" in (recipient.error_message or "")
    assert recipient.message_id == "ses-1"


def test_mail_of_strangers_is_kept_under_its_ses_id(
    tracker: Tracker, store: MemoryEmailStore
) -> None:
    payload = load("ses/delivery_sent_by_someone_else")

    tracker.track(parse_event(payload), Counter())

    view = store.load(f"ses-{payload['mail']['messageId']}")
    assert view is not None
    assert view.record is None
    assert view.recipients[0].state is EmailState.DELIVERED


def test_the_timeline_is_written_last() -> None:
    store = CountingStore()
    bus = ListBus(failures=[RuntimeError("bus is down")])
    tracker = Tracker(store, bus, lambda: NOW)

    with pytest.raises(RuntimeError):
        tracker.track(parse_event(about_alice("complaint")), Counter())

    assert store.writes == ["advance_recipient", "suppress"]


@pytest.mark.parametrize(
    "sample", ["send", "bounce_permanent", "complaint", "open", "unknown_kind"]
)
def test_event_takes_three_writes_at_most_and_a_duplicate_none(sample: str) -> None:
    store = CountingStore()
    tracker = Tracker(store, ListBus(), lambda: NOW)

    tracker.track(parse_event(about_alice(sample)), Counter())
    assert len(store.writes) <= 3
    assert store.writes[-1] == "add_event"

    store.writes.clear()
    tracker.track(parse_event(about_alice(sample)), Counter())
    assert store.writes == []


def test_counts_of_finished_steps_survive_a_failure() -> None:
    counts: Counter[str] = Counter()
    store = CountingStore(fails_after=1)
    payload = about_alice("delivery")
    payload["delivery"]["recipients"] = [ADDRESS, "bob@example.org"]
    events = parse_event(payload)

    with pytest.raises(RuntimeError):
        Tracker(store, ListBus(), lambda: NOW).track(events, counts)

    assert counts["DeliveryEvents"] == 1


def test_each_kind_has_a_metric_of_its_own() -> None:
    assert metric_of(EventKind.RENDERING_FAILURE) == "RenderingFailureEvents"
    assert len({metric_of(kind) for kind in EventKind}) == len(EventKind)


@dataclass
class CountingStore(MemoryEmailStore):
    """Notes each write; its timeline fails after so many."""

    fails_after: int = 100
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @override
    def advance_recipient(
        self, recipient: RecipientRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        self.writes.append("advance_recipient")
        return super().advance_recipient(recipient, now=now, record=record)

    @override
    def suppress(self, suppression: Suppression) -> None:
        self.writes.append("suppress")
        super().suppress(suppression)

    @override
    def add_event(
        self, event: EventRecord, *, now: datetime, record: EmailRecord | None = None
    ) -> bool:
        if self.writes.count("add_event") == self.fails_after:
            raise RuntimeError("table is down")
        self.writes.append("add_event")
        return super().add_event(event, now=now, record=record)


def test_published_tags_have_the_spelling_of_the_sender(
    tracker: Tracker, store: MemoryEmailStore, bus: ListBus
) -> None:
    record = EmailRecord(
        email_id="e1",
        fingerprint="f",
        created_at=NOW,
        tags=("wel come",),
        metadata={"order id": "1/2"},
    )
    store.register(record, [ADDRESS])

    tracker.track(parse_event(about_alice("send")), Counter())

    (event,) = bus.events
    assert (event.tags, event.metadata) == (("wel come",), {"order id": "1/2"})


def of_many_recipients(count: int) -> list[TrackingEvent]:
    payload = about_alice("delivery")
    addresses = [f"r{number}@example.net" for number in range(count)]
    payload["mail"]["destination"] = payload["delivery"]["recipients"] = addresses
    return parse_event(payload)


def test_events_of_many_recipients_continue_where_time_ran_out() -> None:
    store = CountingStore(fails_after=10_000)
    tracker = Tracker(store, ListBus(), lambda: NOW)
    counts: Counter[str] = Counter()
    events = of_many_recipients(2_000)

    def has_time() -> bool:
        return len(store.writes) < 1_000

    for _ in range(3):
        store.writes.clear()
        with pytest.raises(OutOfTimeError):
            tracker.track(events, counts, has_time)
        assert len(store.writes) <= 1_100
    store.writes.clear()
    tracker.track(events, counts, has_time)

    assert counts["DeliveryEvents"] == len(events)


@pytest.mark.parametrize("sample", ["open", "click"])
def test_a_machines_open_is_kept_and_moves_no_state(sample: str) -> None:
    store = MemoryEmailStore()
    payload = about_alice(sample)
    payload[sample]["isBotEvent"] = "Likely"

    Tracker(store, ListBus(), lambda: NOW).track(parse_event(payload), Counter())

    view = store.load("e1")
    assert view is not None
    assert view.recipients == ()
    assert [event.details["is_bot"] for event in view.timeline] == [True]


@pytest.mark.parametrize("sample", ["open", "click"])
def test_an_open_or_click_never_hides_a_later_bounce(sample: str) -> None:
    store = MemoryEmailStore()
    tracker = Tracker(store, ListBus(), lambda: NOW)

    tracker.track(parse_event(about_alice(sample)), Counter())
    tracker.track(parse_event(about_alice("bounce_permanent")), Counter())

    view = store.load("e1")
    assert view is not None
    assert view.state is EmailState.BOUNCED


def test_repeated_opens_are_counted_and_not_stored_without_end(
    tracker: Tracker, store: MemoryEmailStore, bus: ListBus
) -> None:
    counts: Counter[str] = Counter()
    payload = about_alice("open")

    for number in range(100):
        payload["open"]["timestamp"] = f"2026-03-02T10:{number // 60:02}:{number % 60:02}.000Z"
        tracker.track(parse_event(payload), counts)
    tracker.track(parse_event(about_alice("click")), counts)

    view = store.load("e1")
    assert view is not None
    assert len(view.timeline) == len(bus.events) == REPEATS_STORED + 1
    assert (view.opens, view.clicks) == (100, 1)
    assert [(recipient.opens, recipient.clicks) for recipient in view.recipients] == [(100, 1)]
    assert counts["OpenEvents"] == 100
