import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import (
    Bounce,
    Click,
    Complaint,
    Delivery,
    DeliveryDelay,
    EventKind,
    Open,
    Reject,
    RenderingFailure,
    Subscription,
    TrackingEvent,
    parse_event,
)
from tests.sample_events import load

# Sample, kind, recipients, time, whether the addresses should get no more mail.
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
def test_the_details_say_what_ses_said(sample: str, details: object) -> None:
    found = only(sample).details

    assert (found.feedback_type if isinstance(found, Complaint) else found) == details


def test_a_bounce_report_is_each_recipients_own() -> None:
    payload = load("ses/bounce_permanent")
    payload["bounce"]["bouncedRecipients"].append({"emailAddress": "second@example.net"})

    first, second = parse_event(payload)

    assert isinstance(first.details, Bounce)
    assert first.details.status == "5.1.1"
    assert isinstance(second.details, Bounce)
    assert (second.details.type, second.details.subtype) == ("Permanent", "General")
    assert (second.details.status, second.details.action) == (None, None)
    assert second.details.diagnostic_code is None


def test_a_transient_looking_report_under_a_permanent_bounce_is_permanent() -> None:
    event = only("bounce_permanent_one_of_three")

    assert isinstance(event.details, Bounce)
    assert (event.details.status, event.details.action) == ("4.4.7", "delayed")
    assert event.is_permanent


def test_a_5xx_status_under_a_transient_bounce_is_not_permanent() -> None:
    assert not only("bounce_message_too_large").is_permanent


def test_an_address_from_a_report_is_spelt_as_it_was_sent() -> None:
    payload = load("ses/bounce_permanent_one_of_three")
    assert payload["bounce"]["bouncedRecipients"][0]["emailAddress"].endswith(
        "<NOBODY@Example.NET>"
    )

    (event,) = parse_event(payload)

    assert event.recipient == "Nobody@example.net"


def test_an_address_that_nobody_sent_to_keeps_its_own_spelling() -> None:
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
def test_what_one_of_several_did_is_attributed_to_nobody(sample: str) -> None:
    events = parse_event(load(f"ses/{sample}"))

    assert {event.is_attributed for event in events} == {False}


@pytest.mark.parametrize("sample", ["send", "delivery", "bounce_permanent", "open", "complaint"])
def test_what_a_single_recipient_did_is_attributed(sample: str) -> None:
    assert only(sample).is_attributed


@pytest.mark.parametrize(
    "sample", ["notification_topic_set", "notification_inbound_mail", "sms_text_delivered"]
)
def test_what_is_not_about_sent_mail_is_no_event(sample: str) -> None:
    assert parse_event(load(f"ses/{sample}")) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016-10-14T05:02:16.645Z", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2016-10-14T05:02:16Z", datetime(2016, 10, 14, 5, 2, 16, 0, UTC)),
        ("2016-10-14T07:02:16.645+02:00", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2016-10-14T05:02:16.645+0000", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2018-10-08T14:05:45 +0000", datetime(2018, 10, 8, 14, 5, 45, 0, UTC)),
        ("2018-10-08T14:05:45.250 +0000", datetime(2018, 10, 8, 14, 5, 45, 250_000, UTC)),
        ("2018-10-08T14:05:45 -05:30", datetime(2018, 10, 8, 19, 35, 45, 0, UTC)),
        ("2018-10-08T14:05:45", datetime(2018, 10, 8, 14, 5, 45, 0, UTC)),
        (None, datetime(2026, 3, 2, 9, 15, 30, 120_000, UTC)),
    ],
    ids=str,
)
def test_times_are_read_in_every_spelling_and_kept_in_utc(
    written: str | None, read: datetime
) -> None:
    payload = load("ses/bounce_permanent")
    payload["bounce"]["timestamp"] = written

    (event,) = parse_event(payload)

    assert event.at == read
    assert event.at.tzinfo is UTC


def test_a_complaints_time_is_not_its_arrival_date() -> None:
    payload = load("ses/complaint")
    assert payload["complaint"]["arrivalDate"] != payload["complaint"]["timestamp"]

    assert only("complaint").at == datetime(2026, 3, 2, 10, 2, 11, tzinfo=timezone(timedelta(0)))


def test_tags_and_metadata_are_read_back() -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"] |= {
        "metadata:region": ["eu"],
        "metadata_flag": ["true"],
        "source": ["newsletter"],
        "plain": "true",
    }

    (event,) = parse_event(payload)

    assert event.email_id == "order-1003"
    assert event.tags == ("order-confirmation", "plain")
    assert event.metadata == {
        "order_id": "1234",
        "campaign": "q1-billing",
        "region": "eu",
        "flag": "true",
        "source": "newsletter",
    }


@pytest.mark.parametrize("tags", [None, {}, {"ses:operation": ["SendEmail"]}], ids=str)
def test_mail_without_our_tags_has_no_email_id(tags: object) -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"] = tags

    (event,) = parse_event(payload)

    assert (event.email_id, event.tags, event.metadata) == (None, (), {})


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "a/b", "a#b"], ids=repr)
def test_an_email_id_that_the_service_cannot_have_written_is_none(value: str) -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"]["email_id"] = [value]

    (event,) = parse_event(payload)

    assert event.email_id is None


@pytest.mark.parametrize(
    ("link_tags", "read"),
    [
        (None, {}),
        ({"a": ["x", "y"]}, {"a": ("x", "y")}),
        ({"a": "x"}, {"a": ("x",)}),
        ("a:x;", {}),
    ],
    ids=str,
)
def test_link_tags_may_be_lists_strings_or_null(link_tags: object, read: object) -> None:
    payload = load("ses/click")
    payload["click"]["linkTags"] = link_tags

    (event,) = parse_event(payload)

    assert isinstance(event.details, Click)
    assert event.details.link_tags == read


@pytest.mark.parametrize(
    ("word", "is_bot"),
    [("Likely", True), ("Unlikely", False), (None, None), ("Perhaps", None)],
    ids=str,
)
def test_a_bot_is_what_ses_calls_likely(word: str | None, is_bot: bool | None) -> None:
    payload = load("ses/open")
    payload["open"]["isBotEvent"] = word

    (event,) = parse_event(payload)

    assert isinstance(event.details, Open)
    assert event.details.is_bot is is_bot


def test_an_opt_in_is_told_from_an_opt_out() -> None:
    payload = load("ses/subscription")
    subscription = payload["subscription"]
    subscription["oldTopicPreferences"], subscription["newTopicPreferences"] = (
        subscription["newTopicPreferences"],
        subscription["oldTopicPreferences"],
    )

    (event,) = parse_event(payload)

    assert event.details == Subscription("customers", resubscribed=True, opted_in=("news",))


def test_a_subscription_without_topics_is_read() -> None:
    payload = load("ses/subscription")
    payload["subscription"]["newTopicPreferences"] = {"unsubscribeAll": True}
    del payload["subscription"]["oldTopicPreferences"]

    (event,) = parse_event(payload)

    assert event.details == Subscription("customers", unsubscribed_from_all=True)


def test_delayed_recipients_may_be_plain_addresses() -> None:
    payload = load("ses/delivery_delay")
    payload["deliveryDelay"]["delayedRecipients"] = ["slow@example.net"]

    (event,) = parse_event(payload)

    assert event.recipient == "slow@example.net"


@pytest.mark.parametrize("sample", ["open", "send", "reject", "rendering_failure"])
def test_a_missing_object_is_read_as_an_empty_one(sample: str) -> None:
    payload = load(f"ses/{sample}")
    del payload[next(name for name in payload if name not in {"eventType", "mail"})]

    (event,) = parse_event(payload)

    assert event.recipient == "alice@example.net"
    assert event.at == datetime(2026, 3, 2, 9, 15, 30, 120_000, UTC)


def test_fields_that_ses_may_add_are_left_alone() -> None:
    payload = load("ses/bounce_permanent")
    payload["future"] = {"x": [1.5, None]}
    payload["bounce"]["future"] = payload["mail"]["future"] = ["x"]
    payload["bounce"]["bouncedRecipients"][0]["future"] = 1

    assert parse_event(payload)[0].details == only("bounce_permanent").details


def test_a_second_delivery_has_the_same_event_id() -> None:
    once, again = (parse_event(load("ses/complaint_several_candidates")) for _ in range(2))

    assert [event.event_id for event in once] == [event.event_id for event in again]
    assert len({event.event_id for event in once}) == 2


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


def broken(sample: str, **changes: Any) -> dict[str, Any]:
    """The sample with values at paths (`mail__timestamp`) replaced."""
    payload: dict[str, Any] = load(f"ses/{sample}")
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = payload
        for name in parents:
            target = target[name]
        target[last] = value
    return payload


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "eventType"),
        ({"eventType": 7}, "eventType"),
        ({"eventType": "Bounce"}, "bounce.bouncedRecipients"),
        (broken("send", mail=[]), "mail"),
        (broken("send", mail__messageId=None), "mail.messageId"),
        (broken("send", mail__timestamp=None), "mail.timestamp"),
        (broken("send", mail__timestamp="yesterday"), "mail.timestamp"),
        (broken("send", mail__timestamp="0001-01-01T00:00:00+14:00"), "mail.timestamp"),
        (broken("send", mail__destination=["x" * 600]), "mail.destination"),
        (broken("open", open__timestamp=1772442931), "open.timestamp"),
        (broken("open", open="now"), "open"),
        (broken("bounce_permanent", bounce__bounceType=None), "bounce.bounceType"),
        (broken("bounce_permanent", bounce=None), "bounce.bouncedRecipients"),
        (
            broken("bounce_permanent", bounce__bouncedRecipients=[]),
            "bounce.bouncedRecipients",
        ),
        (
            broken("complaint", complaint__complainedRecipients=[{"name": "x"}]),
            "complaint.complainedRecipients",
        ),
        (broken("delivery", delivery__recipients="alice@example.net"), "delivery.recipients"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_the_format_names_the_field(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_event(payload)

    assert caught.value.field == field
    assert "@" not in str(caught.value)


def test_a_bounce_never_falls_back_on_the_destination() -> None:
    payload = load("ses/bounce_permanent_one_of_three")

    assert [event.recipient for event in parse_event(payload)] == ["Nobody@example.net"]


def test_deep_nesting_is_refused() -> None:
    payload = load("ses/send")
    for _ in range(100):
        payload["mail"] = {**payload["mail"], "x": [payload["mail"]]}

    with pytest.raises(InvalidEventError, match="nested"):
        parse_event(payload)


def test_lone_surrogates_are_replaced_since_no_call_to_aws_can_carry_them() -> None:
    document = json.dumps(load("ses/bounce_permanent"))
    for part in ("nobody@", "metadata_", "order-confirmation", "5.1.1"):
        document = document.replace(part, rf"\ud800{part}")

    (event,) = parse_event(json.loads(document))

    assert event.recipient == "?nobody@example.net"
    json.dumps(event.to_dict(), ensure_ascii=False).encode()
