"""The event payloads have the fields of the samples in events/ses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.ses.events.mailbox_simulator import EventStep, steps_for
from local.ses.events.payloads import event_payload
from local.ses.messages import Message
from local.ses.mime.compose import Content, Envelope, compose
from local.ses.sending.acceptance import event_steps

SAMPLES = Path(__file__).parents[5] / "events" / "ses"
NOW = datetime(2026, 3, 2, 9, 15, 30, 120_000, tzinfo=UTC)
ENVELOPE = Envelope("0100-id", NOW, "eu-west-1", "Shop <orders@example.com>", ("a@example.net",))
MESSAGE = Message(
    id="0100-id",
    accepted_at=NOW,
    account="123456789012",
    region="eu-west-1",
    operation="SendEmail",
    source="Shop <orders@example.com>",
    to=("a@example.net",),
    cc=(),
    bcc=(),
    mime=compose(ENVELOPE, Content("Grüße", "x")),
    configuration_set="set",
    tags={"email_id": ["e1"]},
)
TEMPLATED = replace(MESSAGE, template="welcome")
UNRENDERED = {"headers", "commonHeaders", "headersTruncated"}


def made(step: EventStep, message: Message = MESSAGE) -> dict[str, Any]:
    return event_payload(message, step, NOW + timedelta(seconds=1.36))


def last_step(address: str, suppressed: str | None = None) -> EventStep:
    return steps_for(address, suppressed)[-1]


def simulator(mailbox: str) -> EventStep:
    return last_step(f"{mailbox}@simulator.amazonses.com")


LIKE_SAMPLES = [
    ("send", EventStep("Send"), MESSAGE),
    ("send_template", EventStep("Send"), TEMPLATED),
    ("delivery", last_step("a@example.net"), MESSAGE),
    ("bounce_permanent", simulator("bounce"), MESSAGE),
    ("bounce_out_of_office", simulator("ooto"), MESSAGE),
    ("bounce_globally_suppressed", simulator("suppressionlist"), MESSAGE),
    ("bounce_suppression_list", last_step("a@example.net", "BOUNCE"), MESSAGE),
    ("bounce_message_too_large", simulator("toolarge"), MESSAGE),
    ("bounce_transient", simulator("mailboxfull"), MESSAGE),
    ("bounce_undetermined", simulator("undetermined"), MESSAGE),
    ("complaint", simulator("complaint"), MESSAGE),
    ("complaint_not_spam", simulator("notspam"), MESSAGE),
    ("complaint_suppression_list", last_step("a@example.net", "COMPLAINT"), MESSAGE),
    ("delivery_delay", steps_for("delay@simulator.amazonses.com")[0], MESSAGE),
    ("reject", EventStep("Reject"), MESSAGE),
    ("open", EventStep("Open"), MESSAGE),
    ("click", EventStep("Click", sub="https://x", link_tags={"a": ["b"]}), MESSAGE),
    ("rendering_failure", EventStep("Rendering Failure", text="x"), TEMPLATED),
    ("subscription", EventStep("Subscription", sub="customers"), MESSAGE),
]
"""The sample, the event step, the message."""


def keys(value: Any) -> Any:
    """Return the structure of an event: all names, of the first entry of each list."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return None


def comparable(body: dict[str, Any], unrendered: bool) -> Any:
    """Return the structure without the tags and link tags of the sender."""
    mail = {name: part for name, part in body["mail"].items() if name not in UNRENDERED}
    mail = mail if unrendered else body["mail"]
    tags = {name: part for name, part in mail["tags"].items() if name.startswith("ses:")}
    body = {**body, "mail": {**mail, "tags": tags}}
    if "click" in body:
        body["click"] = {**body["click"], "linkTags": None}
    return keys(body)


@pytest.mark.parametrize(
    ("name", "step", "message"), LIKE_SAMPLES, ids=[row[0] for row in LIKE_SAMPLES]
)
def test_an_event_has_the_keys_of_its_sample(name: str, step: EventStep, message: Message) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    # Before rendering, AWS's guide shows no headers, and its records have a few.
    unrendered = message is TEMPLATED

    body = made(step, message)

    assert body["eventType"] == sample["eventType"]
    assert comparable(body, unrendered) == comparable(sample, unrendered)


def test_every_kind_of_event_has_a_sample() -> None:
    kinds = {step.kind for _name, step, _message in LIKE_SAMPLES}

    assert kinds == {
        *("Send", "Delivery", "Bounce", "Complaint", "Reject", "Open", "Click"),
        *("Rendering Failure", "DeliveryDelay", "Subscription"),
    }


def test_mail_object_has_message_id_tags_and_bare_sender() -> None:
    mail = made(EventStep("Send"))["mail"]

    assert mail["messageId"] == "0100-id"
    assert mail["timestamp"] == "2026-03-02T09:15:30.120Z"
    assert mail["source"] == "orders@example.com"
    assert mail["destination"] == ["a@example.net"]
    assert mail["tags"]["email_id"] == ["e1"]
    assert mail["tags"]["ses:configuration-set"] == ["set"]
    assert mail["tags"]["ses:from-domain"] == ["example.com"]
    assert mail["commonHeaders"]["subject"] == "Grüße"
    assert {"name": "To", "value": "a@example.net"} in mail["headers"]


def test_the_outgoing_address_is_known_after_delivery_only() -> None:
    assert "ses:outgoing-ip" in made(last_step("a@example.net"))["mail"]["tags"]
    assert "ses:outgoing-ip" not in made(EventStep("Send"))["mail"]["tags"]


def test_open_and_click_have_no_source_arn() -> None:
    assert "sourceArn" not in made(EventStep("Open"))["mail"]
    assert "sourceArn" in made(EventStep("Send"))["mail"]


def test_headers_above_10_kb_are_truncated() -> None:
    long = tuple((f"X-{n}", "v" * 900) for n in range(15))
    message = replace(MESSAGE, mime=compose(ENVELOPE, Content("s", "x", headers=long)))

    mail = made(EventStep("Send"), message)["mail"]

    assert mail["headersTruncated"] is True
    assert len(mail["headers"]) < 15


def test_event_names_only_its_own_recipients() -> None:
    message = replace(MESSAGE, to=("a@example.net", "b@example.net"))

    bounce = made(last_step("b@example.net", "BOUNCE"), message)

    assert [row["emailAddress"] for row in bounce["bounce"]["bouncedRecipients"]] == [
        "b@example.net"
    ]
    assert bounce["bounce"]["reportingMTA"] == "dns; amazonses.com"
    assert bounce["mail"]["destination"] == ["a@example.net", "b@example.net"]


@pytest.mark.parametrize(
    ("mailbox", "kinds"),
    [
        ("success", ["Delivery"]),
        ("bounce", ["Bounce"]),
        ("complaint", ["Delivery", "Complaint"]),
        ("ooto", ["Delivery", "Bounce"]),
        ("suppressionlist", ["Bounce"]),
        ("notspam", ["Delivery", "Complaint"]),
        ("delay", ["DeliveryDelay", "Delivery"]),
        ("open", ["Delivery", "Open"]),
        ("click", ["Delivery", "Open", "Click"]),
        ("blackhole", []),
        ("Bounce+label", ["Bounce"]),
        ("unheard-of", ["Delivery"]),
    ],
)
def test_simulator_mailbox_causes_its_events(mailbox: str, kinds: list[str]) -> None:
    steps = steps_for(f"{mailbox}@simulator.amazonses.com")

    assert [step.kind for step in steps] == kinds


def test_mailbox_names_of_other_domains_are_ordinary() -> None:
    assert [step.kind for step in steps_for("bounce@example.com")] == ["Delivery"]


def test_rejected_message_reaches_no_recipient() -> None:
    message = replace(MESSAGE, to=("a@example.net", "reject@simulator.amazonses.com"))

    assert [step.kind for step in event_steps(message, {})] == ["Send", "Reject"]


def test_a_test_virus_in_an_attachment_is_rejected() -> None:
    virus = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    mime = compose(ENVELOPE, Content("s", "x")).replace(b"x\r\n", virus)

    assert [step.kind for step in event_steps(replace(MESSAGE, mime=mime), {})] == [
        "Send",
        "Reject",
    ]


def test_only_a_rendering_failure_follows_the_send() -> None:
    failed = replace(TEMPLATED, mime=b"", rendering_failure="no name")

    assert [step.kind for step in event_steps(failed, {})] == ["Send", "Rendering Failure"]
