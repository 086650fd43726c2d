"""The tracking function: its rate, its calls, and whether an email's history slows it down."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from amsdal_mail.tracking import TrackingEvent, parse_event
from local.process.ports import free_port
from local.stack import ministack
from tests.bench import functions
from tests.bench.loopback import KEYS, Loopback
from tests.bench.rows import Row, note
from tests.bench.timing import in_turns
from tests.email_table import HASHES

__all__ = ["rows"]

NUMBERS = count()
BATCH = 10
WRITES = {"PutItem", "UpdateItem"}
WRITE_LIMIT = 3
HISTORIES = {"few": 10, "many": 10_000}
EVENTS = 20


def rows(loopback: Loopback, rounds: int = 9) -> list[Row]:
    return [*_rate(loopback, rounds), _flat(rounds)]


def _rate(loopback: Loopback, rounds: int) -> list[Row]:
    loopback.answer_after(5, PutEvents=20)
    of = in_turns({"one": (lambda: track(1), 1), "ten": (lambda: track(BATCH), BATCH)}, rounds)
    loopback.recorded()
    track(BATCH)
    calls = Counter(operation for operation, _ in loopback.recorded())
    writes = sum(calls[name] for name in WRITES) / BATCH
    per_event = ", ".join(f"{number / BATCH:g} {name}" for name, number in sorted(calls.items()))
    return [
        note(
            "track_events, DynamoDB 5 ms, bus 20 ms",
            f"{of['ten'].rate:.0f} events/s in batches of 10, {of['one'].rate:.0f} one by one",
        ),
        Row(
            "track_events, calls an event",
            per_event,
            f"<= {WRITE_LIMIT} writes",
            writes <= WRITE_LIMIT,
        ),
    ]


def track(events: int) -> None:
    deliveries = [functions.delivered(f"{next(NUMBERS):032d}")[1] for _ in range(events)]
    functions.handle_events(functions.event_records(deliveries))


def _flat(rounds: int) -> Row:
    """Track events of an email with few events and of an email with many, in MiniStack."""
    import boto3

    from email_store.dynamodb.store import DynamoDBEmailStore
    from track_events.service import Tracker

    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack.running(port, ses_url="http://127.0.0.1:9", run_dir=Path(folder)),
    ):
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=os.environ["AWS_REGION"],
            **KEYS,
        )
        _create_table(client)
        store = DynamoDBEmailStore(client, "emails", timedelta(days=90), HASHES)
        tracker = Tracker(store, NoBus(), lambda: datetime.now(UTC))
        calls = [_calls_after(client, tracker, *history) for history in HISTORIES.items()]
        of = in_turns(
            {name: (partial(_track_fresh, tracker, name), EVENTS) for name in HISTORIES}, rounds
        )
    few, many = (of[name].wall * 1000 for name in HISTORIES)
    return Row(
        f"track_events, an email with {HISTORIES['many']:,} events",
        f"{calls[1]} calls an event, as with {HISTORIES['few']}: {calls[0]}"
        f" ({many:.0f} and {few:.0f} ms in MiniStack)",
        "the same calls",
        calls[0] == calls[1],
    )


def _calls_after(client: Any, tracker: Any, email_id: str, events: int) -> float:
    _write_history(client, email_id, events)
    calls: list[object] = []
    client.meta.events.register("before-call.dynamodb", lambda **call: calls.append(call), email_id)
    _track_fresh(tracker, email_id)
    client.meta.events.unregister("before-call.dynamodb", unique_id=email_id)
    return len(calls) / EVENTS


class NoBus:
    def publish(self, events: Iterable[TrackingEvent]) -> None:
        pass


def _track_fresh(tracker: Any, email_id: str) -> None:
    for _ in range(EVENTS):
        event = functions.delivered(email_id)[1]
        at = datetime.now(UTC) + timedelta(milliseconds=next(NUMBERS))
        event["delivery"]["timestamp"] = at.isoformat()
        tracker.track(parse_event(event), Counter())


def _create_table(client: Any) -> None:
    client.create_table(
        TableName="emails",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


def _write_history(client: Any, email_id: str, events: int) -> None:
    for start in range(0, events, 25):
        items = [
            {"pk": {"S": f"EMAIL#{email_id}"}, "sk": {"S": f"EVENT#2026-01-01T{number:08d}#e"}}
            for number in range(start, min(start + 25, events))
        ]
        requests = [{"PutRequest": {"Item": item}} for item in items]
        client.batch_write_item(RequestItems={"emails": requests})
