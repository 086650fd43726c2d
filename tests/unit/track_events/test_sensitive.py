"""Events of sensitive email: neither the table nor the bus gets its subject or a link."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from amsdal_mail.sensitive import SENSITIVE_TAG
from amsdal_mail.tracking import parse_event
from amsdal_mail.tracking.details import Bounce, Click, Delivery, DeliveryDelay
from email_store.dynamodb.events import event_item, read_event
from email_store.memory import MemoryEmailStore
from tests.sample_events import load, names
from tests.unit.track_events.conftest import ListBus
from track_events.event_bus import EventBus
from track_events.records import recipient_record
from track_events.sensitive import hide_content
from track_events.service import Tracker

SECRET = "s3cr3t"
LINK = f"https://shop.example/reset?token={SECRET}"
SAMPLES = [name for name in names("ses") if {"eventType", "mail"} <= load(name).keys()]


def secret_event(sample: str, *, sensitive: bool = True) -> dict[str, Any]:
    """A sample event whose subject, headers and free texts have the secret."""
    payload: dict[str, Any] = load(sample)
    mail = payload["mail"]
    mail["headers"] = [{"name": "Subject", "value": SECRET}, {"name": "X-Reset", "value": SECRET}]
    mail["commonHeaders"] = {"subject": SECRET}
    mail["tags"] = {"email_id": ["e1"]} | ({SENSITIVE_TAG: ["true"]} if sensitive else {})
    for name in ("bouncedRecipients", "delayedRecipients"):
        for part in payload.values():
            if isinstance(part, dict) and name in part:
                part[name][0]["diagnosticCode"] = f"smtp; 554 refused because of {LINK} in it"
    if "click" in payload:
        payload["click"]["link"] = LINK
    return payload


def published(bus: ListBus) -> str:
    class Client:
        def __init__(self) -> None:
            self.details: list[str] = []

        def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            self.details += [entry["Detail"] for entry in Entries]
            return {"FailedEntryCount": 0, "Entries": []}

    client = Client()
    EventBus(client, "bus").publish(bus.events)  # type: ignore[arg-type]
    return "\n".join(client.details)


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_kind_of_event_brings_the_secret(
    sample: str, tracker: Tracker, store: MemoryEmailStore, bus: ListBus
) -> None:
    tracker.track(parse_event(secret_event(sample)), Counter())

    view = store.load("e1")
    assert view is not None
    assert view.timeline
    stored = [read_event(event_item(event)) for event in view.timeline]
    assert SECRET not in repr([(event.details, event.raw) for event in stored])
    assert SECRET not in repr(view.recipients)
    assert SECRET not in published(bus)


def test_samples_have_all_kinds() -> None:
    assert {"ses/send", "ses/delivery", "ses/bounce_permanent", "ses/click"} <= set(SAMPLES)


@pytest.mark.parametrize("sample", ["ses/delivery", "ses/bounce_permanent", "ses/click"])
def test_other_email_keeps_the_json_of_ses(
    sample: str, tracker: Tracker, store: MemoryEmailStore
) -> None:
    tracker.track(parse_event(secret_event(sample, sensitive=False)), Counter())

    view = store.load("e1")
    assert view is not None
    assert view.timeline[0].raw["mail"]["commonHeaders"] == {"subject": SECRET}


def test_refusal_keeps_its_code_without_the_words() -> None:
    (event,) = map(hide_content, parse_event(secret_event("ses/bounce_permanent"))[:1])

    recipient = recipient_record(event)

    assert recipient is not None
    assert recipient.error_message == "smtp; 554"


def test_bus_says_that_the_email_is_sensitive(tracker: Tracker, bus: ListBus) -> None:
    tracker.track(parse_event(secret_event("ses/delivery")), Counter())

    detail = json.loads(published(bus).splitlines()[0])
    assert detail["is_sensitive"] is True
    assert SENSITIVE_TAG not in detail["tags"]
    assert detail["email_id"] == "e1"


def test_email_from_outside_the_service_is_hidden_too(
    tracker: Tracker, store: MemoryEmailStore
) -> None:
    payload = secret_event("ses/delivery")
    del payload["mail"]["tags"]["email_id"]

    tracker.track(parse_event(payload), Counter())

    view = store.load(f"ses-{payload['mail']['messageId']}")
    assert view is not None
    assert view.timeline[0].raw == {}


RESPONSES = {
    f"550 5.7.1 URL www.shop.example/reset?t={SECRET} is listed": "smtp; 550 5.7.1",
    f"smtp; 550-5.7.1 hxxps://shop.example/reset?t={SECRET}": "smtp; 550 5.7.1",
    f"554 shop.example/r/{SECRET} in a block list": "smtp; 554",
    f"550-bad link https://shop.example/reset?t=\r\n550 {SECRET}": "smtp; 550",
    f"X-Outlook; {SECRET}": None,
    f"550{SECRET}": None,
    "smtp; 5.1.1 unknown": None,
    "smtp;451 4.4.1 Timeout": "smtp; 451 4.4.1",
    "250": "smtp; 250",
    "550 5.1.123456": "smtp; 550",
    "": None,
}


@pytest.mark.parametrize(("text", "kept"), RESPONSES.items(), ids=map(repr, range(len(RESPONSES))))
def test_only_the_codes_of_a_server_are_kept(text: str, kept: str | None) -> None:
    details = [Bounce("Permanent", diagnostic_code=text), DeliveryDelay(diagnostic_code=text)]
    found = [hidden(each).diagnostic_code for each in details]

    assert [*found, hidden(Delivery(smtp_response=text)).smtp_response] == [kept] * 3


def test_link_that_was_followed_is_hidden_in_any_form() -> None:
    assert hidden(Click(link=f"shop.example/r/{SECRET}")).link == "(link)"


def hidden(details: Any) -> Any:
    (event,) = parse_event(secret_event("ses/delivery"))[:1]
    return hide_content(replace(event, details=details)).details
