from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from amsdal_mail.tracking import (
    Bounce,
    Complaint,
    Delivery,
    DeliveryDelay,
    EventKind,
    Reject,
    RenderingFailure,
    Subscription,
    TrackingEvent,
    parse_event,
)
from tests.sample_events import load

SAMPLES = [
    ("send", EventKind.SEND, ["alice@example.net"], "09:15:30.120", False),
    ("send_template", EventKind.SEND, ["alice@example.net"], "09:15:30.120", False),
    ("delivery", EventKind.DELIVERY, ["alice@example.net"], "09:15:31.480", False),
    ("delivery_some_recipients", EventKind.DELIVERY, ["alice@example.net"], "09:15:31.480", False),
    ("delivery_sent_by_someone_else", EventKind.DELIVERY, ["frank@example.net"], "09:15:31", False),
    ("bounce_permanent", EventKind.BOUNCE, ["nobody@example.net"], "09:15:32", True),
    ("bounce_permanent_one_of_three", EventKind.BOUNCE, ["Nobody@example.net"], "09:15:32", True),
    ("bounce_suppression_list", EventKind.BOUNCE, ["gone@example.net"], "09:15:32", True),
    ("bounce_globally_suppressed", EventKind.BOUNCE, ["dead@example.net"], "09:15:32", True),
    ("bounce_tenant_suppression_list", EventKind.BOUNCE, ["tenant@example.net"], "09:15:32", False),
    ("bounce_unsubscribed", EventKind.BOUNCE, ["optout@example.net"], "09:15:32", False),
    ("bounce_transient", EventKind.BOUNCE, ["full@example.net"], "09:15:32", False),
    ("bounce_message_too_large", EventKind.BOUNCE, ["small@example.net"], "09:15:32", False),
    ("bounce_out_of_office", EventKind.BOUNCE, ["away@example.net"], "09:17:05", False),
    ("bounce_undetermined", EventKind.BOUNCE, ["odd@example.net"], "09:15:32", False),
    ("complaint", EventKind.COMPLAINT, ["carol@example.net"], "10:02:11", True),
    ("complaint_not_spam", EventKind.COMPLAINT, ["carol@example.net"], "10:02:11", False),
    (
        "complaint_several_candidates",
        EventKind.COMPLAINT,
        ["carol@example.net", "dave@example.net"],
        "10:02:11",
        True,
    ),
    ("complaint_suppression_list", EventKind.COMPLAINT, ["annoyed@example.net"], "10:02:11", True),
    ("reject", EventKind.REJECT, ["alice@example.net"], "09:15:30.120", False),
    ("open", EventKind.OPEN, ["alice@example.net"], "11:40:01.733", False),
    (
        "open_several_recipients",
        EventKind.OPEN,
        ["alice@example.net", "bob@example.org"],
        "11:40:01.733",
        False,
    ),
    ("click", EventKind.CLICK, ["alice@example.net"], "11:40:09.018", False),
    ("click_bot", EventKind.CLICK, ["alice@example.net"], "09:15:33.001", False),
    (
        "rendering_failure",
        EventKind.RENDERING_FAILURE,
        ["alice@example.net"],
        "09:15:30.120",
        False,
    ),
    ("delivery_delay", EventKind.DELIVERY_DELAY, ["slow@example.net"], "09:25:40.095", False),
    ("subscription", EventKind.SUBSCRIPTION, ["alice@example.net"], "12:00:00.412", False),
    ("unknown_kind", EventKind.UNKNOWN, ["alice@example.net"], "09:15:30.120", False),
    ("notification_bounce", EventKind.BOUNCE, ["nobody@example.net"], "09:15:32", True),
    ("notification_complaint", EventKind.COMPLAINT, ["carol@example.net"], "10:02:11", True),
    ("notification_delivery", EventKind.DELIVERY, ["alice@example.net"], "09:15:31.480", False),
]
"""Sample, kind, recipients, time, and whether the addresses should get no more mail."""


def only(sample: str) -> TrackingEvent:
    (event,) = parse_event(load(f"ses/{sample}"))
    return event


@pytest.mark.parametrize(
    ("sample", "kind", "recipients", "time", "suppress"), SAMPLES, ids=[row[0] for row in SAMPLES]
)
def test_each_sample_is_one_event_for_each_affected_recipient(
    sample: str, kind: EventKind, recipients: list[str], time: str, suppress: bool
) -> None:
    payload = load(f"ses/{sample}")

    events = parse_event(payload)

    assert [event.recipient for event in events] == recipients
    assert {event.kind for event in events} == {kind}
    assert {event.at for event in events} == {
        datetime.fromisoformat(f"2026-03-02T{time}").replace(tzinfo=UTC)
    }
    assert {event.should_suppress for event in events} == {suppress}
    assert {event.message_id for event in events} == {payload["mail"]["messageId"]}
    assert all(event.raw == payload for event in events)


@pytest.mark.parametrize(
    ("sample", "details"),
    [
        ("send", None),
        (
            "delivery",
            Delivery(
                smtp_response="250 2.0.0 OK 1772442931 queued as 4F2A31",
                processing_ms=1360,
                remote_mta_ip="203.0.113.25",
                reporting_mta="a8-31.smtp-out.amazonses.com",
            ),
        ),
        ("complaint_not_spam", "not-spam"),
        ("reject", Reject("Bad content")),
        (
            "rendering_failure",
            RenderingFailure(
                "Attribute 'name' is not present in the rendering data.", "welcome-template"
            ),
        ),
        (
            "delivery_delay",
            DeliveryDelay(
                type="TransientCommunicationFailure",
                status="4.4.1",
                diagnostic_code="smtp; 421 4.4.1 Unable to connect to remote host",
                expires_at=datetime(2026, 3, 2, 23, 15, 30, 120_000, tzinfo=UTC),
                reporting_mta="a8-31.smtp-out.amazonses.com",
            ),
        ),
        (
            "subscription",
            Subscription("customers", unsubscribed_from_all=True, opted_out=("news",)),
        ),
        ("unknown_kind", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_details_have_the_values_of_ses(sample: str, details: object) -> None:
    parsed = only(sample).details

    assert (parsed.feedback_type if isinstance(parsed, Complaint) else parsed) == details


def test_each_recipient_has_its_own_bounce_report() -> None:
    payload = load("ses/bounce_permanent")
    payload["bounce"]["bouncedRecipients"].append({"emailAddress": "second@example.net"})

    first, second = parse_event(payload)

    assert isinstance(first.details, Bounce)
    assert first.details.status == "5.1.1"
    assert isinstance(second.details, Bounce)
    assert (second.details.type, second.details.subtype) == ("Permanent", "General")
    assert (second.details.status, second.details.action) == (None, None)
    assert second.details.diagnostic_code is None


def test_bounce_type_of_ses_wins_over_the_report() -> None:
    event = only("bounce_permanent_one_of_three")

    assert isinstance(event.details, Bounce)
    assert (event.details.status, event.details.action) == ("4.4.7", "delayed")
    assert event.is_permanent


def test_a_5xx_status_under_a_transient_bounce_is_not_permanent() -> None:
    assert not only("bounce_message_too_large").is_permanent


def test_address_of_a_report_is_spelled_as_in_the_message() -> None:
    payload = load("ses/bounce_permanent_one_of_three")
    assert payload["bounce"]["bouncedRecipients"][0]["emailAddress"].endswith(
        "<NOBODY@Example.NET>"
    )

    (event,) = parse_event(payload)

    assert event.recipient == "Nobody@example.net"


def test_address_outside_the_message_keeps_its_spelling() -> None:
    payload = load("ses/bounce_permanent")
    payload["bounce"]["bouncedRecipients"] = [{"emailAddress": " <Forwarded@Elsewhere.EXAMPLE> "}]

    (event,) = parse_event(payload)

    assert event.recipient == "Forwarded@elsewhere.example"


def test_display_names_in_destinations_are_left_out() -> None:
    payload = load("ses/send")
    payload["mail"]["destination"] = ['"Alice, A." <Alice@EXAMPLE.net>', "bob@example.org"]

    events = parse_event(payload)

    assert [event.recipient for event in events] == ["Alice@example.net", "bob@example.org"]


@pytest.mark.parametrize(
    "sample", ["open_several_recipients", "complaint_several_candidates"], ids=str
)
def test_recipient_is_not_known_when_ses_names_several(sample: str) -> None:
    events = parse_event(load(f"ses/{sample}"))

    assert {event.is_recipient_known for event in events} == {False}


@pytest.mark.parametrize("sample", ["send", "delivery", "bounce_permanent", "open", "complaint"])
def test_recipient_is_known_when_ses_names_only_one(sample: str) -> None:
    assert only(sample).is_recipient_known


@pytest.mark.parametrize(
    "sample", ["notification_topic_set", "notification_inbound_mail", "sms_text_delivered"]
)
def test_notification_without_sent_mail_has_no_events(sample: str) -> None:
    assert parse_event(load(f"ses/{sample}")) == []


def test_a_second_delivery_has_the_same_event_id() -> None:
    first, second = (parse_event(load("ses/complaint_several_candidates")) for _ in range(2))

    assert [event.event_id for event in first] == [event.event_id for event in second]
    assert len({event.event_id for event in first}) == 2


@pytest.mark.parametrize(
    ("sample", "field", "value"),
    [
        ("click", "link", "https://other.example.com/"),
        ("open", "userAgent", "Other/1.0"),
        ("open", "ipAddress", "192.0.2.45"),
        ("bounce_permanent", "feedbackId", "other"),
        ("delivery", "timestamp", "2026-03-02T09:15:31.481Z"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_events_that_differ_have_different_ids(sample: str, field: str, value: str) -> None:
    payload = load(f"ses/{sample}")
    kind = next(name for name in payload if name not in {"eventType", "mail"})
    payload[kind][field] = value

    assert parse_event(payload)[0].event_id != only(sample).event_id


def test_every_event_can_be_written_as_json() -> None:
    for row in SAMPLES:
        for event in parse_event(load(f"ses/{row[0]}")):
            assert json.loads(json.dumps(event.to_dict()))["event_id"] == event.event_id
